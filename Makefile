# parley: see `make help`. Sections: build variants, layers and libraries,
# programs, running, checks, the rest. A new .c file needs no line here.

VERSION := 0.3.0
BUILD   ?= release
PREFIX  ?= /usr/local
CC      ?= cc
AR      ?= ar
GCOV    ?= gcov
PKG_CONFIG ?= pkg-config
# SETUP=no: tools/setup says what is missing, and installs nothing.
SETUP   ?=
export SETUP
# -Werror is what CI builds with.
WERROR  ?= $(if $(CI),-Werror)
# How long each fuzzer runs in `make fuzz-smoke`.
FUZZ_SECONDS ?= 10

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# --- variants -------------------------------------------------------------
warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla $(WERROR)
# Hardening of release builds, as far as the compiler supports it;
# tools/check_hardening checks the programs for it.
accepts = $(shell echo | $(CC) -O2 -Werror $(1) -include features.h \
	-x c -fsyntax-only - 2>/dev/null && echo '$(1)')
fortify := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE
harden := $(or $(call accepts,$(fortify)=3),$(fortify)=2) \
	-fstack-protector-strong -fPIE \
	$(call accepts,-fstack-clash-protection) $(call accepts,-fcf-protection)
# gcc would clear and copy structs with "rep stos" and "rep movs", which take
# longer to begin than that takes; other compilers do not. For large ones, the C
# library uses the widest registers that there are.
loops := unrolled_loop:128:noalign,libcall:-1:noalign
loops := $(call accepts,-mmemset-strategy=$(loops) -mmemcpy-strategy=$(loops))
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# All symbols are bound at the start (-z now): calls of libraries need no table.
direct := $(call accepts,-fno-plt)
flags.release  := -O2 -g $(harden) $(loops) $(direct)
flags.debug    := -O0 -g3
# With sanitizers all workers send, however little there is to send.
shared         := -DHUB_THREADS_LEAST=1
flags.asan     := -O1 -g $(sanitize) $(shared)
flags.tsan     := -O1 -g -fsanitize=thread $(shared)
flags.coverage := -O0 -g --coverage
flags.fuzz     := -O1 -g $(sanitize) -fsanitize=fuzzer-no-link
ldflags.release := -pie -Wl,-z,relro,-z,now,-z,noexecstack
$(if $(flags.$(BUILD)),,$(error BUILD is one of release, debug, asan, tsan, coverage, fuzz))

# Another compiler than gcc has its own directory: build/debug-clang.
compiler := $(notdir $(firstword $(filter-out ccache -%,$(CC))))
O := build/$(BUILD)$(addprefix -,$(filter-out cc gcc,$(compiler)))
# Reproducible builds have no path of this machine: tools/check_reproducible.
override CFLAGS += $(if $(SOURCE_DATE_EPOCH),-ffile-prefix-map=$(CURDIR)=.)
override CPPFLAGS += -I. -D_GNU_SOURCE -DPARLEY_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS  ?=
cflags  := -std=c11 $(warnings) $(flags.$(BUILD))
ldflags := $(flags.$(BUILD)) -Wl,--as-needed $(ldflags.$(BUILD))

# --- layers and libraries: the linker enforces which layer uses which -------
layers := domain commands wire persistence transport auth cluster
libs.domain      := domain
libs.commands    := commands persistence domain
libs.wire        := wire domain
libs.persistence := persistence domain
libs.transport   := transport wire domain
libs.auth        := auth transport wire domain
libs.cluster     := cluster commands persistence domain
libs.cmd         := cmd parley auth cluster commands transport wire persistence domain
libs.parley      := parley transport wire domain
syslibs.persistence := -lpthread
syslibs.transport   := -lpthread
syslibs.auth        := -lpthread
syslibs.cluster     := -lpthread
syslibs.cmd         := -lpthread
packages.persistence := libcrypto
packages.transport := libevent_core openssl zlib
packages.auth      := libevent_core openssl zlib
# TLS to Redis: hiredis has it since 1.0.
redis_tls := $(shell $(PKG_CONFIG) --exists hiredis_ssl 2>/dev/null && echo hiredis_ssl)
packages.cluster   := libevent_core hiredis $(redis_tls)
packages.cmd       := libevent_core openssl zlib hiredis $(redis_tls)
packages.parley    := libevent_core libevent_openssl openssl libedit
# Only for tests, which compare the JSON reader with jansson.
packages.test.wire := jansson
# Only for tests, which have the store of files.
packages.test.commands := libcrypto
# Only for tests, which compute digests of their own.
packages.test.cluster := libcrypto

# Libraries of a part, of its tests too.
pkg_libs = $(if $(1),$(shell $(PKG_CONFIG) --libs $(1)))
libraries = $(call pkg_libs,$(packages.$(1))) $(syslibs.$(1))
test_libraries = $(call libraries,$(1)) \
	$(call pkg_libs,check $(packages.test.$(1)))
# If a package is missing, the compiler or the linker reports it.
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
override CPPFLAGS += $(call pkg_cflags,$(packages.transport))
override CPPFLAGS += $(if $(redis_tls),-DPARLEY_REDIS_TLS)
# hiredis's headers have conversions.
$(O)/cluster/redis/%.o: override CPPFLAGS += \
	$(subst -I,-isystem ,$(call pkg_cflags,$(packages.cluster)))
$(O)/cmd/parley/%.o: override CPPFLAGS += $(call pkg_cflags,$(packages.parley))

# Prints a line per step; `make V=1` prints the commands.
Q := $(if $(V),,@)
quiet = $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(quiet),:,echo '  $(1)')

# The programs without their main() are two more parts, with tests.
folder.cmd := cmd/parleyd
folder.parley := cmd/parley
folder = $(or $(folder.$(1)),$(1))
sources_in = $(shell find $(1) -name '*.c')
archive = $(O)/lib$(1).a
archives = $(foreach l,$(libs.$(1)),$(call archive,$(l)))
objects = $(patsubst %.c,$(O)/%.o,$(1))
# parleyd uses files of the client, but must not need libedit.
needs_libedit := cmd/parley/line_editor.c
part_objects = $(call objects,$(filter-out %/main.c $(needs_libedit),\
	$(call sources_in,$(folder))))
made.cluster = $(O)/redis_scripts.o
made.cmd = $(O)/web.o $(O)/api_assets.o
test_objects = $(call objects,tests/main.c \
	$(wildcard tests/support/*.c tests/support/$(1)/*.c) \
	$(filter-out tests/persistence/crash/% tests/cluster/simulation/%,\
	$(call sources_in,tests/$(1))))

# --- programs ---------------------------------------------------------------
shipped  := parleyd parley parley-bench
programs := $(addprefix $(O)/,$(shipped) echo_server limit_server)
parts    := $(layers) cmd parley
suites   := $(parts:%=$(O)/check_%)
fuzzers  := $(patsubst tests/fuzz/%.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))

all: name-missing $(programs) ## build the programs (BUILD=release|debug|asan|tsan|coverage)
# The first time; what cannot be built otherwise stops with the compiler's words.
name-missing:
	@[ -e $(O)/parley ] || SETUP=no tools/setup client
ifeq ($(O),build/release)
links := $(programs:$(O)/%=build/%)
all: $(links)
$(links): build/%: $(O)/%
	@ln -sf release/$* $@
endif

# Other flags than last time rebuild everything, except WERROR, which changes
# no object.
flags := $(filter-out -Werror,$(CC) $(CPPFLAGS) $(cflags) $(CFLAGS) $(LDFLAGS))
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(flags)' | cmp -s - $@ || echo '$(flags)' > $@

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	@$(call say,CC $<)
	$(Q)$(CC) $(CPPFLAGS) $(cflags) $(CFLAGS) -c $< -o $@

link = $(Q)$(call say,LD $@) && $(CC) $(ldflags) $(CFLAGS) $(LDFLAGS) $(filter %.o,$^) $(filter %.a,$^)

# The files of web/ and share/api/ are compiled into the program.
$(O)/web.c: tools/embed $(wildcard web/*)
	@mkdir -p $(@D)
	@$(call say,WEB $@)
	$(Q)tools/embed web web_assets > $@
$(O)/api_assets.c: tools/embed $(wildcard share/api/*)
	@mkdir -p $(@D)
	@$(call say,WEB $@)
	$(Q)tools/embed share/api api_assets > $@
scripts := $(wildcard cluster/redis/*.lua)
$(O)/redis_scripts.c: tools/embed_scripts $(scripts)
	@mkdir -p $(@D)
	@$(call say,LUA $@)
	$(Q)tools/embed_scripts $(scripts) > $@
$(O)/web.o $(O)/api_assets.o $(O)/redis_scripts.o: $(O)/%.o: $(O)/%.c $(O)/flags
	$(Q)$(CC) $(CPPFLAGS) $(cflags) $(CFLAGS) -c $< -o $@

define part_rules
$(call archive,$(1)): $(call part_objects,$(1)) $(made.$(1))
	@rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
$(O)/check_$(1): $(call test_objects,$(1)) $(call archives,$(1))
	$$(link) $$(call test_libraries,$(1)) -o $$@
endef
$(foreach part,$(parts),$(eval $(call part_rules,$(part))))

$(O)/parleyd: $(O)/cmd/parleyd/main.o $(call archives,cmd)
	$(link) $(call libraries,cmd) -o $@
$(O)/parley: $(call objects,cmd/parley/main.c $(needs_libedit)) \
		$(call archives,parley)
	$(link) $(call libraries,parley) -o $@
$(O)/echo_server: $(call objects,$(wildcard tests/echo/*.c) \
		cmd/parleyd/system_clock.c cmd/parleyd/stderr_log.c) \
		$(call archives,transport)
	$(link) $(call libraries,transport) -o $@
$(O)/parley-bench: $(call objects,$(wildcard cmd/parley-bench/*.c))
	$(link) -lm -o $@
$(O)/limit_server: $(call objects,$(wildcard tests/limit/*.c))
	$(link) -o $@
$(O)/attack_flood: $(call objects,tests/attack/flood.c)
	$(link) -o $@
$(O)/crash_store: $(call objects,$(wildcard tests/persistence/crash/*.c \
		tests/support/failing_malloc.c \
		tests/support/persistence/memory_*.c)) \
		$(call archives,persistence)
	$(link) -lpthread -o $@
$(O)/cluster_sim: $(call objects,$(wildcard tests/cluster/simulation/*.c) \
		tests/support/cluster/model_redis.c \
		tests/support/cluster/sim_net.c) \
		$(foreach l,cluster commands transport wire persistence domain,\
		$(call archive,$(l)))
	$(link) $(call libraries,transport) -lpthread -o $@
# Loaded with LD_PRELOAD, so it has no sanitizers of its own.
$(O)/faulty_disk.so: $(wildcard tests/preload/*.c tests/preload/*.h) $(O)/flags
	@$(call say,LD $@)
	$(Q)$(CC) $(filter-out -M%,$(CPPFLAGS)) -std=c11 $(warnings) -O1 -g \
		-fPIC -shared $(filter %.c,$^) -ldl -o $@
$(O)/fuzz_session: $(call objects,tests/fuzz/session_world.c \
	tests/fuzz/session_oracle.c \
	$(wildcard tests/support/persistence/memory_*.c))
$(fuzzers): $(O)/%: $(O)/tests/fuzz/%.o $(call archive,parley) \
		$(call archives,cmd)
	$(link) -fsanitize=fuzzer $(call libraries,cmd) -o $@
$(O)/fuzz_segment: $(call objects,\
	$(wildcard tests/support/persistence/memory_*.c))

# --- running ----------------------------------------------------------------
listen_file := build/parleyd.addresses
run: ## install what is missing, build, start the server (ARGS="--listen :8080")
	@tools/setup build
	@$(MAKE) --no-print-directory \
		$(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) build/parleyd
	@echo 'Rooms and messages are kept in ./data. The server prints the address of'
	@echo 'its chat page; "make chat" in another terminal connects to it, too.'
	@exec build/parleyd --store-kind file --store-dir data \
		--listen-file $(listen_file) \
		--drain-delay 0s --drain-window 0s $(ARGS)

run-cluster: build/parleyd build/parley ## start a redis-server and three nodes that are one chat (ARGS="8081")
	@tools/run_cluster $(ARGS)

chat: ## the same for the terminal client, connected to `make run` (ARGS="--room tea")
	@tools/setup client
	@$(MAKE) --no-print-directory \
		$(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) build/parley
	@exec build/parley chat $(if $(findstring ://,$(ARGS)),, \
		$$(sed -n '/^ws:.* command$$/{s/ command$$//p;q}' \
		$(listen_file) 2>/dev/null)) \
		$(ARGS)

# --- checks -----------------------------------------------------------------
test: ## install what is missing, then run every check
	@tools/setup test
	@MAKE='$(MAKE)' tools/test

suites: $(suites)

check: $(parts:%=check-%) ## unit tests, per layer
$(parts:%=check-%): check-%: $(O)/check_%
	@$<

# The number of crashes; a sequence that has begun runs to its end.
CRASHES ?= 60000
crash: $(O)/crash_store ## crash a store at every call, and check that acknowledged messages are kept
	@$(O)/crash_store --crashes $(CRASHES) $(ARGS)

crash-nightly: ## the same with a million crashes
	@$(MAKE) crash CRASHES=1000000

# The number of schedules.
SCHEDULES ?= 20000
cluster: $(O)/cluster_sim ## simulate nodes, Redis and faults, and check what members see
	@$(O)/cluster_sim --plants
	@$(O)/cluster_sim --from 378078 --seeds 1 # which once failed
	@$(O)/cluster_sim --seeds $(SCHEDULES) $(ARGS)

cluster-faults: $(O)/parleyd ## three nodes and a real Redis, of which one fails (ARGS="--runs 100")
	@PARLEYD=$(abspath $(O)/parleyd) $$(tools/python) tests/integration/cluster_faults.py $(ARGS)

cluster-nightly: ## the same with a million schedules
	@$(MAKE) cluster SCHEDULES=1000000

# The programs under test can be replaced.
PARLEYD      ?= $(O)/parleyd
ECHO_SERVER  ?= $(O)/echo_server
PARLEY       ?= $(O)/parley
PARLEY_BENCH ?= $(O)/parley-bench
# Tests mostly wait; a file of tests stays in one process. 0: one after the other.
WORKERS ?= $(shell expr $$(nproc) + 1)
# A test that hangs fails after so many seconds, and shows where. 0: none does.
TEST_TIMEOUT ?= 600
pytest = -m pytest -q -n $(WORKERS) --dist loadfile --timeout $(TEST_TIMEOUT) \
	$(PYTEST_ARGS)
integration: $(programs) $(O)/faulty_disk.so ## tests of whole servers
	PARLEYD=$(abspath $(PARLEYD)) ECHO_SERVER=$(abspath $(ECHO_SERVER)) \
	PARLEY_BENCH=$(abspath $(PARLEY_BENCH)) PARLEY=$(abspath $(PARLEY)) \
	FAULTY_DISK=$(abspath $(O)/faulty_disk.so) \
		$$(tools/python) $(pytest) $(wildcard tests/integration \
		tests/bench tests/clients tests/terminal tests/tools)

integration-nodes: $(programs) ## those of the dialects, their clients spread over three nodes and a Redis
	PARLEY_NODES=3 PARLEYD=$(abspath $(PARLEYD)) PARLEY=$(abspath $(PARLEY)) \
		$$(tools/python) $(pytest) tests/integration

# The tests in a browser also need selenium.
browser = PARLEYD=$(abspath $(PARLEYD)) $$(tools/python selenium)
test-browser: $(O)/parleyd ## tests of the page in Chromium
	$(browser) $(pytest) tests/browser

pictures: $(O)/parleyd ## take the screenshots of docs/
	$(browser) tests/browser/pictures.py docs

kill-nightly: ## 200 kills and 200 power cuts of servers under load
	@KILLS=200 $(MAKE) integration WORKERS=0 TEST_TIMEOUT=0 \
		PYTEST_ARGS="-s -k test_store_kill"

product := $(shell find $(layers) cmd -name '*.[ch]')
sources := $(product) $(shell find tests -name '*.[ch]')

headers: ## every header compiles alone
	@for header in $(filter %.h,$(product)); do \
		$(CC) $(CPPFLAGS) -std=c11 $(warnings) -MF /dev/null \
			-fsyntax-only -x c $$header || exit 1; done

# cppcheck mistakes types for the missing names of parameters in headers, and
# does not know _Noreturn.
lint: $(parts:%=lint-cycles-%) lint-tidy lint-hardening ## includes, cycles, layout, words, cppcheck, clang-tidy, hardening
	@tools/check_includes $(sources)
	@tools/check_names $(product)
	@tools/check_names $(filter-out $(product),$(sources))
	@clang-format --dry-run -Werror $(sources)
	@tools/check_words $(sources) $(shell find clients tests -name '*.py') \
		$(wildcard *.md */README.md docs/*.md share/man/* web/*.js \
		web/*.html)
	@cppcheck -q -j2 --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability \
		--suppress=funcArgOrderDifferent -I. -D_GNU_SOURCE \
		'-D_Noreturn=__attribute__((noreturn))' \
		-DPARLEY_VERSION='"$(VERSION)"' $(filter %.c,$(product))

# Cycles between the objects of a layer or program.
$(parts:%=lint-cycles-%): lint-cycles-%: $(O)/lib%.a
	@tools/object_cycles $(call part_objects,$*)

# Quick checks only: the analyzer of clang-tidy takes minutes.
lint-tidy: compdb
	@printf '%s\n' $(filter %.c,$(product)) | \
		xargs -P "$$(nproc)" -n 16 clang-tidy -p . --quiet 2>/dev/null

# ruff and mypy come from Debian, or from PyPI into build/venv.
python_sources = clients/python tests tools \
	$(shell grep -l '^\#!.*python' tools/*)
lint-python: ## ruff and mypy on the Python sources
	@python=$$(tools/python ruff mypy) && \
		$$python -m ruff check -q $(python_sources) && \
		$$python -m mypy --config-file clients/python/pyproject.toml \
			clients/python/src

# eslint and TypeScript come from npm, into build/lint-web.
web_tools := build/lint-web/node_modules/.bin
$(web_tools)/%:
	npm install --silent --no-fund --no-audit --prefix build/lint-web \
		eslint@9 typescript@5
lint-web: $(web_tools)/eslint $(web_tools)/tsc ## eslint and TypeScript's checker on the modules of the page
	@$(web_tools)/eslint web tests/web
	@$(web_tools)/tsc --noEmit --allowJs --checkJs --target es2022 \
		--module es2022 --lib dom,dom.iterable,es2023 web/*.js

check-web: ## unit tests of the modules of the page, under node
	@node --test --test-reporter=spec tests/web

# Not while another make builds the same files.
lint-hardening: | $(parts:%=lint-cycles-%)
	@$(MAKE) --no-print-directory BUILD=release all
	@tools/check_hardening $(shipped:%=build/release/%) \
		$(parts:%=build/release/lib%.a)

format: ## format the C sources
	clang-format -i $(sources)

fuzz: ## build the fuzzers into build/fuzz
	@$(MAKE) BUILD=fuzz CC=clang O=build/fuzz fuzzers

fuzzers: $(fuzzers)

fuzz-smoke: fuzz ## run each fuzzer for FUZZ_SECONDS (10)
	@tools/fuzz_smoke $(FUZZ_SECONDS)

coverage: ## line coverage of the tests, per layer
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) BUILD=coverage all check integration
	@GCOV='$(GCOV)' tools/coverage build/coverage

# That of transport takes the longest.
valgrind: $(O)/check_transport.valgrind $(suites:%=%.valgrind) ## unit tests under memcheck
%.valgrind: %
	CK_FORK=no valgrind -q --error-exitcode=1 --leak-check=full $<

benched := $(addprefix build/,parleyd parley-bench limit_server)
# Once tools/setup compare has fetched the source of uWebSockets.
uws := build/compare/uWebSockets
uws_sources := $(wildcard $(uws)/uSockets/src/*.c $(uws)/uSockets/src/eventing/*.c)
uws_flags := -O2 -DLIBUS_NO_SSL -DUWS_NO_ZLIB -I$(uws)/src -I$(uws)/uSockets/src
benched += $(if $(uws_sources),build/compare/uwebsockets)
build/compare/uwebsockets: tests/bench/compare/uwebsockets.cpp $(uws_sources)
	@$(call say,LD $@)
	$(Q)$(CC) $(uws_flags) -r -nostdlib $(uws_sources) -o $@.o
	$(Q)$(CXX) -std=c++20 $(uws_flags) $< $@.o -o $@

bench: $(benched) build/release/faulty_disk.so ## throughput, relative to the machine's limit (ARGS=--quick)
	$$(tools/python) tests/bench/run.py $(ARGS)

bench-instructions: build/parleyd build/parley-bench ## instructions of a message, by function (ARGS="--against OTHER/parleyd")
	$$(tools/python) tests/bench/instructions.py $(ARGS)

bench-paired: build/parleyd build/parley-bench ## two builds of parleyd in turns of 20 ms (ARGS="--against OTHER/build")
	$$(tools/python) tests/bench/paired.py $(ARGS)

bench-compare: $(benched) ## the same load on other servers (tools/setup compare)
	$$(tools/python) tests/bench/compare.py $(ARGS)

bench-tls: build/parleyd ## handshakes and messages under TLS beside nginx and nchan (tools/setup compare)
	$$(tools/python) tests/bench/secure_peers.py $(ARGS)

bench-latency: $(benched) ## latency for a few members (ARGS="--dialect action --duration 60")
	$$(tools/python) tests/bench/latency.py $(ARGS)

bench-cluster: build/parleyd build/parley-bench ## what several nodes cost, over a real redis-server (ARGS=--quick)
	$$(tools/python) tests/bench/cluster_cost.py $(ARGS)

bench-cluster-scale: build/parleyd ## memory and start of ten nodes with 100 000 rooms (ARGS="--rooms 10000")
	$$(tools/python) tests/bench/cluster_scale.py $(ARGS)

bench-upgrade: build/parleyd ## how long clients wait while another process takes over (ARGS="--connections 500")
	$$(tools/python) tests/bench/upgrade.py $(ARGS)

bench-drain: build/parleyd ## when clients are asked to leave at a stop (ARGS="--connections 500")
	$$(tools/python) tests/bench/drain.py $(ARGS)

attack: build/parleyd $(O)/parley-bench $(O)/attack_flood ## attack a server beside clients that behave (ARGS="--list")
	ATTACK_FLOOD=$(abspath $(O)/attack_flood) \
		$$(tools/python) tests/attack/run.py $(ARGS)

soak: build/parleyd ## half an hour of 2 000 connections (ARGS="--minutes 1 --connections 500 --nodes 3")
	PARLEYD=$(abspath build/parleyd) $$(tools/python) tests/soak/run.py $(ARGS)

# On an idle machine; about three quarters of an hour.
bench-docs: ## run all six, and update the tables of docs/benchmark.md
	@$(MAKE) bench ARGS='--markdown docs/benchmark.md'
	@$(MAKE) bench-latency ARGS='--markdown docs/benchmark.md'
	@$(MAKE) bench-compare ARGS='--markdown docs/benchmark.md'
	@$(MAKE) bench-tls ARGS='--markdown docs/benchmark.md'
	@$(MAKE) bench-cluster ARGS='--markdown docs/benchmark.md'
	@$(MAKE) bench-cluster-scale ARGS='--markdown docs/benchmark.md'

# --- the rest ---------------------------------------------------------------
# The list of options follows this line of the page.
options_mark := <!-- From here on written by
docs: $(O)/parleyd ## update the options and the version in docs/
	sed '/^$(options_mark)/{n;q}' docs/configuration.md > $(O)/page.md
	$(O)/parleyd --help=markdown >> $(O)/page.md
	cp $(O)/page.md docs/configuration.md
	sed -i 's,\(parley[:/]\|parley-server_\)[0-9]*\.[0-9]*\.[0-9]*,\1$(VERSION),' \
		docs/*.md deploy/README.md $(wildcard tests/wire/vectors/*/*.txt)
	sed -i 's|^version = ".*"|version = "$(VERSION)"|' \
		clients/python/pyproject.toml
	sed -i 's|^  "version": ".*"|  "version": "$(VERSION)"|' \
		clients/npm/package.json
	sed -i 's|^\( *image: parley:\).*|\1$(VERSION)|' deploy/compose.yaml \
		deploy/cluster/compose.yaml deploy/kubernetes/*.yaml
	sed -i '1s|(.*)|($(VERSION))|' debian/changelog

prefix := $(DESTDIR)$(PREFIX)
docdir := share/doc/parley
# Fills in the version and paths.
fill = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@PREFIX@|$(PREFIX)|' \
	-e 's|@DOCDIR@|$(PREFIX)/$(docdir)/docs|'
install: install-server install-client install-docs ## into PREFIX (and below DESTDIR)
install-server: build/parleyd
	install -D -m 755 build/parleyd $(prefix)/bin/parleyd
	install -d $(prefix)/lib/systemd/system $(prefix)/share/man/man8
	for unit in parleyd.service parleyd.socket; do \
		$(fill) cmd/parleyd/$$unit.in \
			> $(prefix)/lib/systemd/system/$$unit || exit 1; done
	build/parleyd --help=man > $(O)/options.man
	$(fill) -e '/^@OPTIONS@/{r $(O)/options.man' -e 'd}' \
		share/man/parleyd.8.in > $(prefix)/share/man/man8/parleyd.8
	install -d $(prefix)/share/man/man5 $(prefix)/share/man/man7
	build/parleyd --help=conf-man > $(O)/options.man
	$(fill) -e '/^@OPTIONS@/{r $(O)/options.man' -e 'd}' \
		share/man/parley.conf.5.in \
		> $(prefix)/share/man/man5/parley.conf.5
	{ echo '.TH PARLEY-PROTOCOL 7 "" "parley $(VERSION)" "Miscellaneous"'; \
	  echo '.ad l'; \
	  echo '.SH NAME'; \
	  echo 'parley-protocol \- the native protocol of parleyd'; \
	  echo '.SH DESCRIPTION'; \
	  tools/markdown_man docs/protocol.md; } \
		> $(prefix)/share/man/man7/parley-protocol.7
	install -d $(prefix)/$(docdir)/examples
	build/parleyd --help=conf > $(prefix)/$(docdir)/examples/parley.conf
# The same folders as in the tree, so that links work.
install-docs:
	for page in LICENSE $(wildcard *.md docs/* clients/python/README.md \
		clients/python/examples/*.py share/prometheus/* \
		deploy/*.* deploy/Dockerfile deploy/kubernetes/* \
		clients/npm/README.md \
		share/grafana/*); do \
		install -D -m 644 $$page $(prefix)/$(docdir)/$$page || exit 1; done
install-client: build/parley
	install -D -m 755 build/parley $(prefix)/bin/parley
	install -d $(prefix)/share/man/man1
	$(fill) share/man/parley.1 > $(prefix)/share/man/man1/parley.1
	install -D -m 644 share/bash-completion/parley \
		$(prefix)/share/bash-completion/completions/parley
	install -D -m 644 share/zsh/_parley \
		$(prefix)/share/zsh/site-functions/_parley
	install -D -m 644 share/fish/parley.fish \
		$(prefix)/share/fish/vendor_completions.d/parley.fish

# Its readers are based on clang.
compdb: export COMPILE = $(CC) $(filter-out -M%,$(CPPFLAGS)) \
	$(filter-out $(loops),$(cflags)) $(CFLAGS)
compdb: ## write compile_commands.json, for editors and clang-tidy
	@printf '%s\n' $(filter %.c,$(sources)) | \
		PWD='$(CURDIR)' tools/compdb > compile_commands.json

dist: ## archive of the last commit: build/parley-VERSION.tar.gz
	@mkdir -p build
	git archive --prefix=parley-$(VERSION)/ \
		-o build/parley-$(VERSION).tar.gz HEAD

# Debian packages, in build/deb, of what is committed.
deb: ## build Debian packages (needs debhelper), and run their test on what they contain
	rm -rf build/deb
	mkdir -p build/deb
	git archive --prefix=parley-$(VERSION)/ HEAD | tar -x -C build/deb
	cd build/deb/parley-$(VERSION) && \
		env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
		dpkg-buildpackage -us -uc -b
	cd build/deb && { ! command -v lintian || \
		lintian --fail-on error,warning parley_$(VERSION)_*.changes; }
	cd build/deb && for package in parley parley-server; do \
		dpkg-deb -x $${package}_$(VERSION)_*.deb root; done
	PATH="$(CURDIR)/build/deb/root/usr/bin:$$PATH" debian/tests/chat

# The types are made of the comments in web/parley.js.
npm: $(web_tools)/tsc ## the package of parley.js: build/npm/parley-client-VERSION.tgz
	rm -rf build/npm
	mkdir -p build/npm/package
	cp clients/npm/* web/parley.js build/npm/package
	$(web_tools)/tsc --allowJs --declaration --emitDeclarationOnly \
		--target es2022 --module es2022 --lib dom,dom.iterable,es2023 \
		--outDir build/npm/package web/parley.js
	cd build/npm && npm pack --silent ./package

reproducible: ## build twice in two folders, and compare the programs
	@tools/check_reproducible

clean: ## remove everything that was built
	rm -rf build compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16

.PHONY: all name-missing run run-cluster test attack soak check $(parts:%=check-%) crash crash-nightly \
	cluster cluster-faults cluster-nightly \
	integration integration-nodes kill-nightly test-browser pictures headers lint \
	$(parts:%=lint-cycles-%) lint-tidy lint-python \
	lint-web check-web lint-hardening format fuzz fuzzers fuzz-smoke \
	coverage suites valgrind bench bench-paired \
	bench-compare bench-tls bench-docs bench-instructions bench-latency \
	bench-cluster bench-cluster-scale bench-upgrade bench-drain \
	docs install install-server \
	install-client install-docs \
	chat compdb deb npm reproducible dist clean help FORCE
-include $(shell find $(O) -name '*.d' 2>/dev/null)
