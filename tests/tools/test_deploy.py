"""deploy/: the files for containers agree with the server and with each other. No
container engine is needed, and none is used."""

import json
import re
import subprocess
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PARLEYD = ROOT / "build/release/parleyd"


def version():
    return re.search(r"^VERSION := (\S+)", (ROOT / "Makefile").read_text(), re.M)[1]


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def presets():
    lines = subprocess.run([PARLEYD, "--print-config"], capture_output=True, text=True,
                           env={}, check=True).stdout.splitlines()
    return dict(line.split(" = ", 1) for line in lines if " = " in line)


# --- the image -----------------------------------------------------------------


def instructions():
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in lines]


def last(name):
    return [value for word, value in instructions() if word == name][-1]


def test_the_image_is_built_in_two_stages():
    froms = [value for word, value in instructions() if word == "FROM"]
    assert len(froms) == 2 and froms[0].endswith(" AS build")
    for image in froms:
        assert re.match(r"debian:\d+-slim\b", image), "a tag, and not latest"
    copied = [value for word, value in instructions() if word == "COPY"][-1]
    assert copied == "--from=build /src/build/release/parleyd /usr/bin/parleyd"


def test_the_image_runs_without_root():
    words = [word for word, _ in instructions()]
    assert last("USER") == "10001:10001"
    assert words.index("ENTRYPOINT") > max(n for n, w in enumerate(words) if w == "USER")
    assert "ADD" not in words, "COPY fetches nothing"


def test_apt_leaves_no_lists():
    for word, value in instructions():
        if word == "RUN" and "apt-get install" in value:
            assert "--no-install-recommends" in value and "rm -rf /var/lib/apt/lists" in value
            assert "apt-get update" in value


def test_its_command_and_health_check_are_programs():
    assert json.loads(last("ENTRYPOINT")) == ["parleyd"]
    options, command = re.fullmatch(r"((?:--\S+ )*)CMD (.*)", last("HEALTHCHECK")).groups()
    assert "--interval=" in options and json.loads(command) == ["parleyd", "health"]
    assert last("STOPSIGNAL") == "SIGTERM"


def test_its_environment_is_valid():
    environment = dict(re.findall(r"(PARLEY_\w+)=(\S+)", last("ENV")))
    assert environment["PARLEY_STORE_DIR"].startswith(last("VOLUME"))
    subprocess.run([PARLEYD, "--check-config"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)
    assert environment["PARLEY_LISTEN"] == ":" + last("EXPOSE")


@pytest.mark.parametrize("page", ["docs/howto.md", "deploy/README.md"])
def test_pages_build_and_run_the_image_of_the_manifests(page):
    text = (DEPLOY.parent / page).read_text()
    assert re.findall(r"docker build .* -t (\S+) ", text) == [f"parley:{version()}"]
    assert re.findall(r"docker run .* (\S+)$", text, re.M) == [f"parley:{version()}"]


# --- compose -------------------------------------------------------------------


def test_compose():
    text = (DEPLOY / "compose.yaml").read_text()
    (service,) = yaml.safe_load(text)["services"].values()
    assert service["image"] == f"parley:{version()}"
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()
    assert seconds(service["stop_grace_period"]) > seconds(presets()["drain.timeout"])
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    subprocess.run([PARLEYD, "--check-config"], env=service["environment"], check=True,
                   stdout=subprocess.DEVNULL)


# --- Kubernetes ----------------------------------------------------------------

KINDS = {"ServiceAccount": "v1", "ConfigMap": "v1", "Service": "v1", "StatefulSet": "apps/v1",
         "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1"}


@pytest.fixture(scope="module")
def manifests():
    documents = yaml.safe_load_all((DEPLOY / "kubernetes/parley.yaml").read_text())
    return {document["kind"]: document for document in documents}


def pod(manifests):
    return manifests["StatefulSet"]["spec"]["template"]


def container(manifests):
    (one,) = pod(manifests)["spec"]["containers"]
    return one


def test_each_kind_has_its_version(manifests):
    assert {kind: each["apiVersion"] for kind, each in manifests.items()} == KINDS
    assert {each["metadata"]["name"] for each in manifests.values()} == {"parley"}


def test_selectors_find_the_pod(manifests):
    labels = pod(manifests)["metadata"]["labels"]
    for kind in "StatefulSet", "PodDisruptionBudget":
        assert manifests[kind]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels


def test_names_that_refer_to_others_exist(manifests):
    (port,) = container(manifests)["ports"]
    assert manifests["Service"]["spec"]["ports"][0]["targetPort"] == port["name"]
    (rule,) = manifests["NetworkPolicy"]["spec"]["ingress"]
    assert rule["ports"][0]["port"] == port["name"]
    volumes = {v["name"] for v in pod(manifests)["spec"]["volumes"]}
    volumes |= {v["metadata"]["name"]
                for v in manifests["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    assert {m["name"] for m in container(manifests)["volumeMounts"]} == volumes
    assert manifests["StatefulSet"]["spec"]["serviceName"] == "parley"
    assert container(manifests)["image"] == f"parley:{version()}"


def test_the_configuration_is_valid_and_fits(manifests, tmp_path):
    config = manifests["ConfigMap"]["data"]["parley.conf"]
    mounts = {m["mountPath"] for m in container(manifests)["volumeMounts"]}
    assert container(manifests)["args"] == ["--config", "/etc/parley/parley.conf"]
    assert "/etc/parley" in mounts
    path = tmp_path / "parley.conf"
    path.write_text(config)
    subprocess.run([PARLEYD, "--config", path, "--check-config"], env={}, check=True,
                   stdout=subprocess.DEVNULL)
    options = dict(re.findall(r"^([\w.]+) = (.*)$", config, re.M))
    assert options["listen"] == f":{container(manifests)['ports'][0]['containerPort']}"
    assert any(options["store.dir"].startswith(mount) for mount in mounts)
    assert (pod(manifests)["spec"]["terminationGracePeriodSeconds"]
            > seconds(options["drain.timeout"]))
    memory = int(re.fullmatch(r"(\d+)MiB", options["limits.memory"])[1])
    assert container(manifests)["resources"]["limits"]["memory"] == "1Gi" and memory <= 768


def test_probes_are_those_of_the_server(manifests):
    paths = {name: container(manifests)[f"{name}Probe"]["httpGet"]["path"]
             for name in ("liveness", "readiness", "startup")}
    assert paths == {"liveness": "/livez", "readiness": "/readyz", "startup": "/livez"}


def test_the_pod_has_no_privileges(manifests):
    assert container(manifests)["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]}}
    context = pod(manifests)["spec"]["securityContext"]
    assert context["runAsNonRoot"] and context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == last("USER")
    assert pod(manifests)["spec"]["automountServiceAccountToken"] is False


# --- several nodes in Kubernetes -------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    documents = yaml.safe_load_all((DEPLOY / "kubernetes/cluster.yaml").read_text())
    return {(document["kind"], document["metadata"]["name"]): document
            for document in documents}


def cluster_pod(cluster, name):
    template = cluster["StatefulSet", name]["spec"]["template"]
    (one,) = template["spec"]["containers"]
    return template, one


def test_the_manifests_of_a_cluster_fit_together(cluster):
    kinds = {kind for kind, _ in cluster}
    assert kinds == set(KINDS)
    for (kind, _), document in cluster.items():
        assert document["apiVersion"] == KINDS[kind]
    for name in "parley", "parley-redis":
        template, one = cluster_pod(cluster, name)
        labels = template["metadata"]["labels"]
        assert labels == {"app.kubernetes.io/name": name}
        spec = cluster["StatefulSet", name]["spec"]
        assert spec["selector"]["matchLabels"] == labels
        assert cluster["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"] == labels
        assert cluster["Service", spec["serviceName"]]["spec"]["selector"] == labels
        volumes = {v["name"] for v in template["spec"].get("volumes", ())}
        volumes |= {v["metadata"]["name"] for v in spec.get("volumeClaimTemplates", ())}
        assert {m["name"] for m in one["volumeMounts"]} == volumes
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}}
        assert template["spec"]["securityContext"]["runAsNonRoot"]
    budget = cluster["PodDisruptionBudget", "parley"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"] == {"app.kubernetes.io/name": "parley"}


def test_the_nodes_of_a_cluster_have_names_and_their_redis(cluster, tmp_path):
    nodes = cluster["Service", "parley-nodes"]["spec"]
    assert nodes["clusterIP"] == "None"
    template, one = cluster_pod(cluster, "parley")
    assert one["image"] == f"parley:{version()}"
    (port,) = one["ports"]
    assert nodes["ports"][0]["port"] == port["containerPort"]
    assert cluster["Service", "parley"]["spec"]["ports"][0]["targetPort"] == port["name"]
    config = cluster["ConfigMap", "parley"]["data"]["parley.conf"]
    options = dict(re.findall(r"^([\w.]+) = (.*)$", config, re.M))
    assert options["listen"] == f":{port['containerPort']}"
    assert (template["spec"]["terminationGracePeriodSeconds"]
            > seconds(options["drain.timeout"]))
    host, redis_port = re.fullmatch(r"redis://([\w-]+):(\d+)", options["broker.url"]).groups()
    redis = cluster["Service", host]["spec"]
    assert redis["ports"][0]["port"] == int(redis_port)
    (egress, lookup) = cluster["NetworkPolicy", "parley"]["spec"]["egress"]
    assert egress["to"][0]["podSelector"]["matchLabels"] == redis["selector"]
    assert egress["ports"][0]["port"] == int(redis_port)
    assert {each["port"] for each in lookup["ports"]} == {53}
    path = tmp_path / "parley.conf"
    path.write_text(config)
    environment = {"PARLEY_BROKER_NODE": "parley-0",
                   "PARLEY_BROKER_NODE_URL": "http://parley-0.parley-nodes:8080"}
    assert {each["name"] for each in one["env"]} == set(environment)
    assert one["env"][1]["value"].replace("$(PARLEY_BROKER_NODE)", "parley-0") == (
        environment["PARLEY_BROKER_NODE_URL"])
    subprocess.run([PARLEYD, "--config", path, "--check-config"], env=environment,
                   check=True, stdout=subprocess.DEVNULL)
    _, server = cluster_pod(cluster, "parley-redis")
    compose = yaml.safe_load((DEPLOY / "cluster/compose.yaml").read_text())
    assert server["args"] == compose["services"]["redis"]["command"]
    assert server["image"] == compose["services"]["redis"]["image"]
