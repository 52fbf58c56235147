# parley: see `make help`.

VERSION := 0.1.0
BUILD   ?= release
PREFIX  ?= /usr/local
CC      ?= cc
AR      ?= ar

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# --- variants -------------------------------------------------------------
# WERROR=-Werror is what CI builds with.
warnings := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla $(WERROR)
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
flags.release  := -O2 -g
flags.debug    := -O0 -g3
flags.asan     := -O1 -g $(sanitize)
flags.tsan     := -O1 -g -fsanitize=thread
flags.coverage := -O0 -g --coverage
flags.fuzz     := -O1 -g $(sanitize) -fsanitize=fuzzer-no-link
$(if $(flags.$(BUILD)),,$(error BUILD is one of release, debug, asan, tsan, coverage, fuzz))

O := build/$(BUILD)
override CPPFLAGS += -I. -D_GNU_SOURCE -DPARLEY_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS  ?=
cflags  := -std=c11 $(warnings) $(flags.$(BUILD))
ldflags := $(flags.$(BUILD))

# --- what each layer may link: the rule of the house, kept by the linker ----
layers := domain commands wire persistence transport
libs.domain      := domain
libs.commands    := commands persistence domain
libs.wire        := wire domain
libs.persistence := persistence domain
libs.transport   := transport wire domain
libs.cmd         := commands transport wire persistence domain
syslibs.transport := -levent_core -lz
syslibs.cmd       := -levent_core -lz
syslibs.wire      :=
oracle.wire       := -ljansson

archive = $(O)/lib$(1).a
objects = $(patsubst %.c,$(O)/%.o,$(1))
layer_objects = $(call objects,$(wildcard $(1)/*.c))

# --- programs ---------------------------------------------------------------
parleyd      := $(O)/parleyd
parley_bench := $(O)/parley-bench
echo_server  := $(O)/echo_server
limit_server := $(O)/limit_server
programs     := $(parleyd) $(parley_bench) $(echo_server) $(limit_server)
suites       := $(layers:%=$(O)/check_%)

all: $(programs) ## build the programs (BUILD=release|debug|asan|tsan|coverage)
ifeq ($(BUILD),release)
all: $(notdir $(programs):%=build/%)
build/%: $(O)/% ; @ln -sf release/$* $@
endif

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(cflags) $(CFLAGS) -c $< -o $@

define layer_rules
$(call archive,$(1)): $(call layer_objects,$(1))
	@rm -f $$@
	$(AR) rcs $$@ $$^
$(O)/check_$(1): $(call objects,tests/main.c $(wildcard tests/support/$(1)/*.c tests/$(1)/*.c)) \
		$(foreach l,$(libs.$(1)),$(call archive,$(l)))
	$(CC) $(ldflags) $(LDFLAGS) $$^ -lcheck -lsubunit -lm -lrt -lpthread \
		$(oracle.$(1)) $(syslibs.$(1)) -o $$@
endef
$(foreach l,$(layers),$(eval $(call layer_rules,$(l))))

cmd_archives := $(foreach l,$(libs.cmd),$(call archive,$(l)))
$(parleyd): $(call objects,$(wildcard cmd/parleyd/*.c)) $(cmd_archives)
	$(CC) $(ldflags) $(LDFLAGS) $^ $(syslibs.cmd) -o $@
$(echo_server): $(call objects,$(wildcard tests/echo/*.c)) \
		$(foreach l,$(libs.transport),$(call archive,$(l)))
	$(CC) $(ldflags) $(LDFLAGS) $^ $(syslibs.transport) -o $@
$(parley_bench): $(call objects,$(wildcard cmd/parley-bench/*.c))
	$(CC) $(ldflags) $(LDFLAGS) $^ -lm -o $@
$(limit_server): $(call objects,$(wildcard tests/limit/*.c))
	$(CC) $(ldflags) $(LDFLAGS) $^ -o $@

# --- checks -----------------------------------------------------------------
check: $(suites) ## unit tests, a suite per layer
	@for suite in $(suites); do $$suite || exit 1; done

headers: ## every header compiles alone
	@for header in $(wildcard $(layers:%=%/*.h) cmd/*/*.h); do \
		$(CC) $(CPPFLAGS) -std=c11 $(warnings) -MF /dev/null \
			-fsyntax-only -x c $$header || exit 1; done

sources := $(wildcard $(layers:%=%/*.[ch]) cmd/*/*.[ch] tests/*.[ch] tests/*/*.[ch])
format: ## lay the sources out
	clang-format -i $(sources)

clean: ## remove what was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 16

.PHONY: all check headers format clean help
-include $(shell find $(O) -name '*.d' 2>/dev/null)
