# SPDX-License-Identifier: MIT
#
#   make             build/cgi-bin/<endpoint>, build/bin/spoolchat and build/web (the page and its library)
#   make demo        a chat site on 127.0.0.1:8080 (PORT=, SERVER=apache|lighttpd|nginx, SCGI=yes)
#   make check       every test; check-<suite> one suite, T=word those whose name has the word in it
#   make bench       how fast; bench-peers beside other chat servers
#   make install     PREFIX, DESTDIR, CGIBINDIR, WEBDIR, SPOOLDIR; uninstall never touches a spool
#
# V=1 shows whole commands, WERROR=1 makes warnings errors. Everything is found by wildcard: a new
# endpoint, subcommand, library file or unit test costs no edit here.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
CGIBINDIR ?= $(PREFIX)/lib/spoolchat/cgi-bin
WEBDIR ?= $(PREFIX)/share/spoolchat/web
SPOOLDIR ?= /var/lib/spoolchat
SERVER ?= apache
PORT ?= 8080

PROTOCOL := $(wildcard protocol/*.c)
SPOOL := $(wildcard spool/*.c)
CHAT := $(wildcard chat/*.c)
SHARED := $(wildcard base/*.c)
AGENT := $(wildcard agent/*.c)
ENDPOINTS := $(patsubst cgi-bin/%.c,%,$(wildcard cgi-bin/*.c))
UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
TOOLS := $(patsubst tests/tools/%.c,%,$(wildcard tests/tools/*.c))
BENCH := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))
BENCH_SHARED := $(wildcard tests/bench/client/*.c)

# ---- Compilers and flags -----------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
RELEASE_CC ?= $(if $(shell command -v musl-gcc 2>/dev/null),musl-gcc,$(CC))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        $(if $(WERROR),-Werror)
BASE := -std=c11 -D_GNU_SOURCE -I. $(WARN)
# What tests may turn: the clock stands in a file, a late body is late soon, an agent on a busy machine is not.
TEST := -DSPOOL_TEST_CLOCK -DCGI_BODY_MSEC=2000 -DHANDOVER_MSEC=1000

# A program that lives for a millisecond is mostly start-up. Measured per spawn: static musl 0.16 ms,
# static glibc 0.5 ms. On top of musl, a position-independent executable costs 4 % (it relocates
# itself) and a segment each for code and constants another 4 % (two more mappings), so we have
# neither; the stack protector and dropping what nobody calls cost nothing. RELRO is a loader's work, which a
# static program of musl's at a fixed address does without: it would only lie on a page more, another 2 %. For
# the same reason its data begin with a page (base/pages.ld).
STATIC := -O2 -fno-pie -fstack-protector-strong -ffunction-sections -fdata-sections
STATIC_LD := -static -no-pie -Wl,--gc-sections \
             -Wl,-z,noexecstack,-z,noseparate-code \
             -Wl,--sort-section=name # base/scratch.h
archive = $(shell $(CC) -print-file-name=lib$(1).a)

ifeq ($(notdir $(RELEASE_CC)),musl-gcc)
# Debian has libuuid and libmd for glibc only. Of both we use what computes and asks the kernel, and
# that part of their archives runs on musl as it is. Two things it takes: headers in a folder of their
# own, for next to them lie glibc's, which musl-gcc must not see; and the two symbols musl lacks,
# wanted by libuuid's generator of time-based ids and libmd's digest of a file, which nobody calls.
STATIC += -isystem build/include
STATIC_LD += -Wl,-z,norelro base/pages.ld -Wl,--defsym=__fprintf_chk=abort -Wl,--defsym=__read_chk=abort
STATIC_LIBS = $(call archive,uuid) $(call archive,md)
else
STATIC += -D_FORTIFY_SOURCE=2
STATIC_LD += -Wl,-z,relro,-z,now
STATIC_LIBS = -luuid -lmd
endif

HOST := -O2 -g -D_FORTIFY_SOURCE=2 $(TEST)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
ASAN := -O1 -g -fno-omit-frame-pointer $(SANITIZE) $(TEST)
# What is linked statically and where it was meant to lie starts in two thirds of the time: 4.6 ms.
SANITIZE_LD := $(SANITIZE) -no-pie -Wl,--as-needed \
               $(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan -static-libgcc)

# ---- What there is to make ---------------------------------------------------------------------

.PHONY: all web test asan unit tools bench-tools clean install uninstall demo bench bench-peers lint-flags FORCE
.SECONDARY:
.DELETE_ON_ERROR:

# In the order in which the linker needs them.
libraries = $(foreach l,chat protocol spool base,$(1)/obj/lib$(l).a)
programs = $(ENDPOINTS:%=$(1)/cgi-bin/%) $(if $(AGENT),$(1)/bin/spoolchat)

all: $(call programs,build) web
test: $(call programs,build/test)
asan: $(call programs,build/asan) $(UNITS:%=build/asan/unit/%)
unit: $(UNITS:%=build/unit/%)
tools: $(TOOLS:%=build/tools/%)
bench-tools: $(BENCH:%=build/bench/%)

say = $(if $(V),,@echo '  $(1) $@';)

# A file that changes when what make would do changes: other flags, another list of sources.
define remember
$(1): FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $$@ || \
	    printf '%s\n' '$(subst ','\'',$(2))' >$$@
endef

# One build of everything: (1) its sub-tree of build/, (2) compiler, (3) flags, (4) flags and
# (5) libraries of the linker.
define variant
$(call remember,$(1)/obj/flags,$(2) $(BASE) $(3) $(4))
$(call remember,$(1)/obj/sources,$(PROTOCOL) $(SPOOL) $(CHAT) $(SHARED) $(AGENT))
$(call remember,$(1)/obj/spooldir,$(SPOOLDIR))

$(1)/obj/spool/spool.o: PLACE := -DSPOOL_DIR='"$(SPOOLDIR)"'
$(1)/obj/spool/spool.o: $(1)/obj/spooldir
$(1)/obj/%.o: %.c $(1)/obj/flags | build/toolchain
	@mkdir -p $$(@D)
	$$(call say,CC) $(2) $(BASE) $$(PLACE) $(3) -MMD -MP -c -o $$@ $$<

$(1)/obj/libprotocol.a: $(PROTOCOL:%.c=$(1)/obj/%.o)
$(1)/obj/libspool.a: $(SPOOL:%.c=$(1)/obj/%.o)
$(1)/obj/libchat.a: $(CHAT:%.c=$(1)/obj/%.o)
$(1)/obj/libbase.a: $(SHARED:%.c=$(1)/obj/%.o)
$(call libraries,$(1)): $(1)/obj/sources
	@rm -f $$@
	$$(call say,AR) ar rcs $$@ $$(filter %.o,$$^)

$(1)/bin/spoolchat: $(AGENT:%.c=$(1)/obj/%.o) $(1)/obj/sources
$(ENDPOINTS:%=$(1)/cgi-bin/%): $(1)/cgi-bin/%: $(1)/obj/cgi-bin/%.o
$(call programs,$(1)): $(call libraries,$(1)) $(filter %.ld,$(4))
	@mkdir -p $$(@D)
	$$(call say,LD) $(2) $(3) $(4) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $(5)
endef

# A program of one file beside a variant: (1) its path, (2) its object, (3) the variant, and the
# linker as above.
define program
$(1): $(2) $(call libraries,$(3)) $(filter %.ld,$(4))
	@mkdir -p $$(@D)
	$$(call say,LD) $(4) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $(5)
endef

$(eval $(call variant,build,$(RELEASE_CC),$(STATIC),$(STATIC_LD),$$(STATIC_LIBS)))
$(eval $(call variant,build/test,$(RELEASE_CC),$(STATIC) $(TEST),$(STATIC_LD),$$(STATIC_LIBS)))
$(eval $(call variant,build/asan,$(CC),$(ASAN),$(SANITIZE_LD),$$(call archive,uuid) $$(call archive,md)))
$(eval $(call variant,build/unit,$(CC),$(HOST),,-luuid -lmd))

$(foreach u,$(UNITS),$(eval $(call program,build/unit/$(u),build/unit/obj/tests/unit/$(u).o,\
    build/unit,$(CC),-lcmocka -luuid -lmd -lpthread)))
$(foreach u,$(UNITS),$(eval $(call program,build/asan/unit/$(u),build/asan/obj/tests/unit/$(u).o,\
    build/asan,$(CC) $(SANITIZE),-lcmocka -luuid -lmd -lpthread)))
$(foreach t,$(TOOLS),$(eval $(call program,build/tools/$(t),build/test/obj/tests/tools/$(t).o,\
    build/test,$(RELEASE_CC) $(STATIC_LD),$$(STATIC_LIBS))))
$(foreach b,$(BENCH),$(eval $(call program,build/bench/$(b),build/obj/tests/bench/$(b).o \
    $(BENCH_SHARED:%.c=build/obj/%.o),build,$(RELEASE_CC) $(STATIC_LD),$$(STATIC_LIBS))))

-include $(wildcard build/obj/*/*.d build/obj/*/*/*.d build/obj/*/*/*/*.d build/*/obj/*/*.d build/*/obj/*/*/*.d)

# Whether what we build with is there; if not, this says what to install.
build/toolchain: tests/deps.sh
	@mkdir -p $(@D) build/include/uuid
	@tests/deps.sh -n compile
	@ln -sf /usr/include/jsmn.h /usr/include/sha2.h build/include
	@ln -sf /usr/include/uuid/uuid.h build/include/uuid
ifneq ($(notdir $(RELEASE_CC)),musl-gcc)
	@echo 'no musl-gcc: programs take three times as long to start (package musl-tools mends it)'
endif
	@touch $@

# ---- The page ----------------------------------------------------------------------------------

# What stands in web/ itself is served as it is; a script of each entry and what it imports. The cleaner of html is
# somebody else's (web/parts.sh fetches it); without it the page shows html as text.
WEB_PLAIN := $(wildcard web/*.html web/*.css web/*.svg web/*.d.ts web/*.d.mts)
WEB_ENTRIES := $(if $(wildcard web/page/main.js),page:main) $(if $(wildcard web/page/widget.js),widget:widget)
PURIFY := $(wildcard web/node_modules/dompurify/dist/purify.min.js)
WEB := $(WEB_PLAIN:web/%=build/web/%) build/web/chat.js build/web/chat.mjs \
       $(foreach e,$(WEB_ENTRIES),build/web/$(firstword $(subst :, ,$(e))).js) $(PURIFY:%=build/web/purify.min.js)
bundle = awk -f web/bundle.awk

web: $(WEB)

$(WEB_PLAIN:web/%=build/web/%): build/web/%: web/%
	@mkdir -p $(@D)
	$(call say,CP) cp $< $@

build/web/chat.js build/web/chat.mjs: $(wildcard web/chat/*.js) web/bundle.awk
	@mkdir -p $(@D)
	$(call say,JS) $(bundle) -v entry=web/chat/index.js -v names=SpoolChat $(if $(filter %.mjs,$@),-v module=1) >$@

# The widget is one script for a page that knows nothing of us: the library goes along.
define page_script
build/web/$(1).js: $(wildcard web/page/*.js) web/bundle.awk $(3)
	@mkdir -p $$(@D)
	$$(call say,JS) { $(if $(3),cat $(3) &&) $$(bundle) -v entry=web/page/$(2).js; } >$$@
endef
$(foreach e,$(WEB_ENTRIES),$(eval $(call page_script,$(firstword $(subst :, ,$(e))),$(lastword $(subst :, ,$(e))),\
    $(if $(filter widget:%,$(e)),build/web/chat.js))))

build/web/purify.min.js: $(PURIFY)
	@mkdir -p $(@D)
	$(call say,CP) cp $< $@

# ---- Using it ----------------------------------------------------------------------------------

install: all
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(CGIBINDIR)' '$(DESTDIR)$(WEBDIR)'
	install -m 644 $(WEB) '$(DESTDIR)$(WEBDIR)'
	install -m 755 build/bin/spoolchat '$(DESTDIR)$(BINDIR)'
	install -m 755 $(ENDPOINTS:%=build/cgi-bin/%) '$(DESTDIR)$(CGIBINDIR)'

uninstall:
	rm -f '$(DESTDIR)$(BINDIR)/spoolchat' $(ENDPOINTS:%='$(DESTDIR)$(CGIBINDIR)/%') \
	    $(WEB:build/web/%='$(DESTDIR)$(WEBDIR)/%')
	-rmdir '$(DESTDIR)$(CGIBINDIR)' '$(DESTDIR)$(dir $(CGIBINDIR))' 2>/dev/null
	-rmdir '$(DESTDIR)$(WEBDIR)' '$(DESTDIR)$(dir $(WEBDIR))' 2>/dev/null

clean:
	rm -rf build

# Dependencies come first and may bring the compiler that this make has not seen, so the build is
# another make's.
jobs := -j$(shell nproc 2>/dev/null)

demo:
	@tests/deps.sh build demo $(firstword $(subst -, ,$(SERVER)))
	@web/parts.sh
	@$(MAKE) --no-print-directory $(jobs) all
	@SCGI='$(SCGI)' tests/demo.sh $(SERVER) $(PORT)

SUITES := lint unit cgi asan system browser
.PHONY: check lint $(SUITES:%=check-%) deps-build deps-check deps-demo

check:
	@tests/deps.sh build check
	@MAKE='$(MAKE)' T='$(T)' tests/run.sh $(SUITES)

$(SUITES:%=check-%): check-%:
	@tests/deps.sh build check
	@MAKE='$(MAKE)' T='$(T)' tests/run.sh $*

lint: check-lint

deps-build:
	@tests/deps.sh build
deps-check:
	@tests/deps.sh build check
deps-demo:
	@tests/deps.sh build demo $(firstword $(subst -, ,$(SERVER)))

bench:
	@tests/deps.sh build bench
	@$(MAKE) --no-print-directory $(jobs) all bench-tools
	@tests/bench/run.sh

bench-peers:
	@tests/deps.sh build bench peers
	@$(MAKE) --no-print-directory $(jobs) all bench-tools tools
	@tests/bench/peers.sh

# What a tool that reads C needs to know (tests/lint.sh asks).
lint-flags:
	@echo $(filter-out -W%,$(BASE)) $(TEST)
