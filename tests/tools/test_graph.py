"""tools/check_includes and tools/object_cycles find the errors that they look for."""
import pathlib
import subprocess

TOOLS = pathlib.Path(__file__).parents[2] / "tools"
FOLDERS = "wire dialect.h json common action,topic .\n"


def check_includes(root, files):
    (root / "tools").mkdir(parents=True)
    (root / "tools/folders").write_text(FOLDERS)
    for name, header in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#include "{header}"\n')
    run = subprocess.run([TOOLS / "check_includes", *files], cwd=root,
                         capture_output=True, text=True)
    assert run.returncode == (1 if run.stdout else 0)
    return run.stdout


def test_a_folder_includes_those_before_it(tmp_path):
    assert check_includes(tmp_path, {
        "wire/common/a.c": "wire/json/b.h",
        "wire/json/a.c": "wire/dialect.h",
        "wire/dialects.c": "wire/topic/b.h"}) == ""


def test_a_folder_does_not_include_one_behind_it(tmp_path):
    assert "wire/json comes before wire/common" in check_includes(
        tmp_path, {"wire/json/a.c": "wire/common/b.h"})


def test_joined_folders_do_not_include_each_other(tmp_path):
    for name, header in [("action", "topic"), ("topic", "action")]:
        assert "comes before" in check_includes(
            tmp_path / name, {f"wire/{name}/a.c": f"wire/{header}/b.h"})


def test_a_new_folder_needs_a_place(tmp_path):
    assert "tools/folders lacks wire/new" in check_includes(
        tmp_path, {"wire/new/a.c": "wire/json/b.h"})


def test_internal_headers_stay_in_their_folder(tmp_path):
    assert "is internal to its folder" in check_includes(
        tmp_path, {"wire/common/a.c": "wire/json/b_internal.h"})


def object_cycles(root, sources):
    (root / "part").mkdir(parents=True)
    objects = []
    for name, text in sources.items():
        (root / "part" / f"{name}_internal.h").touch()
        (root / "part" / f"{name}.c").write_text(text)
        objects.append(f"build/release/part/{name}.o")
        (root / "build/release/part").mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-I.", "-c", f"part/{name}.c", "-o", objects[-1]],
                       cwd=root, check=True)
    run = subprocess.run([TOOLS / "object_cycles", *objects], cwd=root,
                         capture_output=True, text=True)
    assert run.returncode == (1 if run.stdout else 0), run.stderr
    return run.stdout


CALLS = "void {1}(void); void {0}(void); void {0}(void) {{ {1}(); }}\n"
CYCLE = {"a": CALLS.format("a", "b"), "b": CALLS.format("b", "c"),
         "c": CALLS.format("c", "a"), "d": CALLS.format("d", "a")}


def test_a_cycle_is_found(tmp_path):
    out = object_cycles(tmp_path, CYCLE)
    assert "cycle: part/a.c part/b.c part/c.c\n" in out
    assert "part/a.c -> part/b.c: b" in out


def test_a_chain_is_no_cycle(tmp_path):
    chain = {"a": CALLS.format("a", "b"), "b": CALLS.format("b", "c"),
             "c": "void c(void); void c(void) {}\n"}
    assert object_cycles(tmp_path, chain) == ""


def test_files_of_one_module_are_one_node(tmp_path):
    module = '#include "part/a_internal.h"\n'
    assert object_cycles(tmp_path, {name: module + text
                                    for name, text in CYCLE.items()}) == ""
