# wscurl: `make` builds into build/, `make install` copies to PREFIX (and DESTDIR before it, for packages); `make help` lists the rest.

CARGO ?= cargo
RUSTC ?= rustc
STRIP ?= strip
OBJCOPY ?= objcopy
export CARGO_TARGET_DIR ?= target
BUILD := build
comma := ,

# The cryptography: ring, or aws-lc, which adds P-521 and ML-KEM, and 2 MB.
CRYPTO ?= ring
ifeq ($(filter ring aws-lc,$(CRYPTO)),)
  $(error CRYPTO is ring or aws-lc, not $(CRYPTO))
endif
CRYPTO_FEATURES := --no-default-features --features $(CRYPTO)

STATIC := $(BUILD)/libwscurl.a
SHARED := $(BUILD)/libwscurl.so.4
# In a directory of its own, to be found before the system's library of the same name, and only where that is wanted.
DROP_IN := $(BUILD)/drop-in/libcurl.so.4
# The same in the place of Debian's other libcurl.
DROP_IN_GNUTLS := $(BUILD)/drop-in/libcurl-gnutls.so.4
# WebSocket only and under libcurl's name, for programs that are built with it.
NAMESAKE := $(BUILD)/namesake/libcurl.so.4
# Says what a libcurl is, for wscurl-run.
INFO := $(BUILD)/wscurl-info
# What cargo makes: with debug information, and with all symbols of the Rust libraries inside.
ARCHIVE := $(CARGO_TARGET_DIR)/release/libwscurl.a
# The same with the functions of passthrough/, which are called dropin_X there, and curl_X in the drop-ins.
DROP_IN_ARCHIVE := $(CARGO_TARGET_DIR)/release/libwscurl_passthrough.a

# The builder's paths are not in what is shipped, so that two builds in two places are the same.
REMAP = --remap-path-prefix=$(CURDIR)=/wscurl --remap-path-prefix=$(abspath $(CARGO_TARGET_DIR))=/wscurl/target \
  --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=/cargo \
  --remap-path-prefix=$$($(RUSTC) --print sysroot)/lib/rustlib/src/rust=/rustc/$$($(RUSTC) -vV | sed -n 's/^commit-hash: //p')

# nodelete: threads that resolve names may outlive the last handle, and must not run in unmapped code after a dlclose.
# Bsymbolic-functions: calls among our own functions stay inside, whatever the program defines under their names.
LINK = $(CC) -shared -s -o $@ -Wl,-soname,$(@F) $(patsubst %,-Wl$(comma)--version-script=%,$(filter %.map,$^)) \
  -Wl,--gc-sections,-O1,-Bsymbolic-functions,-z,defs,-z,relro,-z,now,-z,nodelete \
  $(if $(filter %.a,$^),-Wl$(comma)--whole-archive $(filter %.a,$^) -Wl$(comma)--no-whole-archive) $(filter %.o %.ld,$^) -lm -lc

.PHONY: all help cargo header check-header third-party check-third-party coverage check-coverage check-dependencies audit size mutants test-multi test-multi-memory scale clean

# On macOS there is the shared library alone.
ALL := $(if $(filter Darwin,$(shell uname)),$(BUILD)/libwscurl.dylib,$(SHARED) $(BUILD)/libwscurl.so $(NAMESAKE) $(DROP_IN) $(DROP_IN_GNUTLS) $(INFO))

all: $(ALL) ## Build the libraries into build/

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1@\2/p' $(MAKEFILE_LIST) | sort | awk -F@ '{ printf "make %-20s %s\n", $$1, $$2 }'
	@echo 'Parts of `make test`: $(TEST_PARTS)'
	@echo 'Where to install, with what is set now: PREFIX=$(PREFIX) LIBDIR=$(LIBDIR) INCLUDEDIR=$(INCLUDEDIR) DESTDIR=$(DESTDIR)'

# Cargo knows what has changed, and leaves the file's date alone if nothing has. Only the static library is built: with a
# Rust library beside it there would be no link-time optimization.
$(ARCHIVE): cargo
	@RUSTFLAGS="$$RUSTFLAGS $(REMAP)" $(CARGO) rustc --locked --release --lib -p wscurl $(CRYPTO_FEATURES) --crate-type staticlib

$(DROP_IN_ARCHIVE): cargo
	@RUSTFLAGS="$$RUSTFLAGS $(REMAP)" $(CARGO) rustc --locked --release --lib -p wscurl-passthrough $(CRYPTO_FEATURES) --crate-type staticlib

# The names of the functions that are exported. (Not nm: where a linker plugin is installed it looks at the LLVM bitcode in the
# objects, and finds nothing.)
$(BUILD)/exports.txt: $(ARCHIVE)
	@mkdir -p $(@D)
	readelf --wide --symbols $< 2>/dev/null | sed -n 's/.* FUNC  *GLOBAL .* \(curl_[a-z_]*\)$$/\1/p' | sort -u > $@

# GNU ld for RISC-V loses relocations of .eh_frame when it collects sections here. The shared library is without them all the same.
COLLECT = $(if $(findstring riscv,$(shell $(CC) -dumpmachine)),,$(comma)--gc-sections)

# One object with the exported functions and what they need. All other symbols are local, so that a program can link another Rust
# library beside this one. A section group would be merged with one of the same name in the other library: there is none.
$(STATIC): $(ARCHIVE) $(BUILD)/exports.txt
	$(CC) -r -nostdlib -o $(BUILD)/wscurl.o -Wl,--force-group-allocation$(COLLECT) \
	  $$(sed 's/^/-Wl,-u,/' $(BUILD)/exports.txt) $<
	$(OBJCOPY) --keep-global-symbols=$(BUILD)/exports.txt --strip-unneeded -R .llvmbc -R .llvmcmd $(BUILD)/wscurl.o
	rm -f $@
	$(AR) rcD $@ $(BUILD)/wscurl.o
	rm $(BUILD)/wscurl.o

# Each curl_X of wscurl's becomes own_curl_X, and each dropin_X becomes curl_X.
$(BUILD)/drop-in.names: $(BUILD)/exports.txt
	sed 's/^curl_\(.*\)/curl_\1 own_curl_\1\ndropin_\1 curl_\1/' $< > $@

$(BUILD)/drop-in.o: $(DROP_IN_ARCHIVE) $(BUILD)/exports.txt $(BUILD)/drop-in.names
	$(CC) -r -nostdlib -o $@ -Wl,--gc-sections,--force-group-allocation $$(sed 's/^curl_/-Wl,-u,dropin_/' $(BUILD)/exports.txt) $<
	$(OBJCOPY) --redefine-syms=$(BUILD)/drop-in.names -R .llvmbc -R .llvmcmd $@
	$(OBJCOPY) --keep-global-symbols=$(BUILD)/exports.txt --strip-unneeded $@

# Every function a second time, under the version that programs outside Debian ask for.
$(BUILD)/compat.ld: $(BUILD)/exports.txt
	sed 's/.*/"&@CURL_4" = &;/' $< > $@

$(SHARED): $(STATIC) packaging/libwscurl.map
	$(LINK)

$(BUILD)/libwscurl.so: $(SHARED)
	ln -sf libwscurl.so.4 $@

$(NAMESAKE): $(STATIC) $(BUILD)/compat.ld packaging/libcurl.map
	@mkdir -p $(@D)
	$(LINK)

$(DROP_IN): $(BUILD)/drop-in.o $(BUILD)/compat.ld packaging/libcurl.map
	@mkdir -p $(@D)
	$(LINK)

$(DROP_IN_GNUTLS): $(BUILD)/drop-in.o packaging/libcurl-gnutls.map
	@mkdir -p $(@D)
	$(LINK)

$(INFO): packaging/wscurl-info.c
	@mkdir -p $(@D)
	$(CC) -O1 -fstack-protector-strong -Wall -Wextra -s -o $@ $< -ldl

header: ## Make include/curl/curl.h from the Rust sources
	$(CARGO) run --locked --quiet -p wscurl-header -- include/curl

check-header: ## Check that the header is current
	$(CARGO) run --locked --quiet -p wscurl-header -- $(BUILD)/header
	diff -u include/curl/curl.h $(BUILD)/header/curl.h
	diff -u include/curl/curlver.h $(BUILD)/header/curlver.h

third-party: ## Make THIRD-PARTY, the licences of all that is linked
	tools/third_party.py > THIRD-PARTY

coverage: ## Make docs/COVERAGE.md, what becomes of each part of the interface
	tools/coverage.py > docs/COVERAGE.md

check-coverage: ## Check that docs/COVERAGE.md is current
	tools/coverage.py | diff -u docs/COVERAGE.md -

check-third-party: ## Check that THIRD-PARTY is current
	tools/third_party.py | diff -u THIRD-PARTY -

check-dependencies: ## Check where crates are from, and that none is linked twice
	tools/dependencies.py

# The database of known vulnerabilities is a Git repository: without it that is said, and the rest is checked all the same.
audit: check-third-party check-dependencies ## Check all crates, also for known vulnerabilities (needs cargo-deny and the network)
	@if ! $(CARGO) deny --version >/dev/null 2>&1; then \
	  echo "NOT CHECKED for known vulnerabilities: there is no cargo-deny here (cargo install --locked cargo-deny)"; \
	elif ! git ls-remote --quiet https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then \
	  echo "NOT CHECKED for known vulnerabilities: the database, github.com/RustSec/advisory-db, can't be reached"; \
	else $(CARGO) deny --locked check advisories; fi

# Each change of src/ws that cargo-mutants knows has to be noticed by a unit test, but for those of tools/mutants.toml.
mutants: ## Change src/ws in hundreds of ways, and see whether its unit tests fail
	tools/mutants.sh

# The multi and share interfaces under event loops; libevent's and libuv's where they are installed.
MULTI = $(MAKE) -C ctests/multi CURL_CFLAGS=-I$(CURDIR)/include OUT=$(abspath $(BUILD))/multi \
  CURL_LIBS='-L$(abspath $(BUILD)) -lwscurl -Wl,-rpath,$(abspath $(BUILD))'

test-multi: all
	$(MULTI) test

# The same under valgrind.
test-multi-memory: all
	$(MULTI) test RUNNER='valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect'

# What events and idle connections cost, beside libcurl. The crate that builds libcurl forgets that Linux has poll().
scale: all ## Measure events and idle connections in multi handles
	CFLAGS='-DHAVE_POLL -DHAVE_EVENTFD -DHAVE_SYS_EVENTFD_H' CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/libcurl \
	  $(CARGO) run --quiet --release -p oracle > $(BUILD)/libcurl-flags
	$(MULTI) scale ORACLE="$$(cat $(BUILD)/libcurl-flags)"

# The library with its symbols, which name the crates.
$(BUILD)/with-symbols/libwscurl.so.4: $(ARCHIVE) $(BUILD)/exports.txt packaging/libwscurl.map
	@mkdir -p $(@D)
	$(CC) -shared -o $@ -Wl,--version-script=packaging/libwscurl.map,--gc-sections,-O1,-Bsymbolic-functions \
	  $$(sed 's/^/-Wl,-u,/' $(BUILD)/exports.txt) $< -lm -lc

size: $(SHARED) $(BUILD)/with-symbols/libwscurl.so.4 ## Make docs/size.md, what the library's size consists of
	tools/size.py $^ > docs/size.md

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf $(BUILD)

include packaging/install.mk
include packaging/macos.mk
include ctests/make.mk
include tool/tool.mk
include ctests/faults/faults.mk
include ctests/soak/soak.mk
include ctests/platforms/platforms.mk
include ctests/sanitizers.mk
include ctests/autobahn/autobahn.mk
include ctests/others/others.mk
include bench/bench.mk
include fuzz/fuzz.mk
