# `make demo`, `make echo-server` and `make test`. Each part of the tests is a target of its own.

CTESTS := $(BUILD)/ctests
CTEST_NAMES := driver demo $(basename $(notdir $(wildcard ctests/programs/*.c ctests/programs/*.cpp)))
# Programs that link the shared library, the same with the unstripped static library (for valgrind's reports), and with libcurl itself.
CTESTS_OURS := $(CTEST_NAMES:%=$(CTESTS)/ours/%)
CTESTS_MEMORY := $(CTEST_NAMES:%=$(CTESTS)/memory/ours/%)
CTESTS_LIBCURL := $(CTEST_NAMES:%=$(CTESTS)/oracle/%)

CTEST_WARN = -O1 -g -Wall -Wextra -Wpedantic -Werror
CTEST_CC = $(CC) -std=c99 -D_POSIX_C_SOURCE=200809L $(CTEST_WARN) -pthread -o $@ $(filter %.c,$^) $(CTEST_LINK)
CTEST_CXX = $(CXX) -std=c++17 $(CTEST_WARN) -pthread -o $@ $(filter %.cpp,$^) $(CTEST_LINK)
DEMO_SERVER := $(CARGO_TARGET_DIR)/debug/examples/demo_server
PYTEST = $(CTESTS)/venv/bin/python -m pytest -q -n 2 --timeout 300
SOURCE_LIBCURLS := $(CTESTS)/libcurl/lib/libcurl.so.4 $(CTESTS)/libcurl-without-ws/lib/libcurl.so.4
TRANSCRIPTS := $(abspath $(CTESTS))/transcripts

# In this order: test-ours compares with what test-libcurl leaves behind.
TEST_PARTS := test-rust test-abi test-miri test-multi test-memory test-libcurl test-ours test-install test-passthrough \
  test-passthrough-source test-curl test-platforms

.PHONY: demo demo-server echo-server test test-tools test-reproducible test-aws-lc test-oldest-rust $(TEST_PARTS)

# --- programs

vpath %.c ctests/programs ctests
vpath %.cpp ctests/programs

$(CTESTS)/ours/%: CTEST_LINK = -Iinclude -L$(BUILD) -Wl,-rpath,$(abspath $(BUILD)) -lwscurl
$(CTESTS)/memory/ours/%: CTEST_LINK = -Iinclude $(CARGO_TARGET_DIR)/release/libwscurl.a -lgcc_s -lm
$(CTESTS)/oracle/%: CTEST_LINK = $(shell cat $(CTESTS)/oracle/flags)

$(CTESTS_OURS): $(BUILD)/libwscurl.so $(wildcard include/curl/*.h)
$(CTESTS_MEMORY): $(STATIC) $(wildcard include/curl/*.h)
$(CTESTS_LIBCURL): $(CTESTS)/oracle/flags

# How the programs of a folder are built. CTEST_LINK is the library that they are linked with.
define CTEST_RULES
$(CTESTS)/$(1)/%: %.c
	@mkdir -p $$(@D)
	$$(CTEST_CC)
$(CTESTS)/$(1)/%: %.cpp
	@mkdir -p $$(@D)
	$$(CTEST_CXX)
$(CTESTS)/$(1)/allocations $(CTESTS)/$(1)/idle_memory: ctests/programs/allocator.h
$(CTESTS)/$(1)/driver: $$(filter-out ctests/driver.c,$$(wildcard ctests/driver*.c)) $$(wildcard ctests/driver*.h)
endef
$(foreach folder,ours memory/ours oracle,$(eval $(call CTEST_RULES,$(folder))))

# The benchmark's client, whose instructions are counted.
$(CTESTS)/instructions: $(wildcard bench/clients/curl*.c bench/clients/curl*.h) bench/clients/job.c bench/clients/job.h $(BUILD)/libwscurl.so
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -o $@ $(filter %.c,$^) -Iinclude -L$(BUILD) -lwscurl -Wl,-rpath,$(abspath $(BUILD))

$(CTESTS)/oracle/flags: Cargo.lock $(wildcard oracle/* oracle/src/*)
	@mkdir -p $(@D)
	$(CARGO) run --locked --quiet -p oracle > $@.new
	mv $@.new $@

# --- demo

demo: $(CTESTS)/ours/demo demo-server ## Talk to an echo server over ws and wss, or to URL=...
	ctests/demo.sh $< $(DEMO_SERVER) $(URL)

demo-server:
	$(if $(URL),,$(CARGO) build --locked --example demo_server)

echo-server: ## Run an echo server on ws://localhost:9001 and wss://localhost:9002
	@mkdir -p $(CTESTS)
	@$(CARGO) build --locked --quiet --example demo_server
	@echo "Echo server; Ctrl-C ends it. For wss set CURLOPT_CAINFO to the file that is named here."
	@$(DEMO_SERVER) $(CTESTS)/echo-server.pem 9001 9002

# --- tests

test: ## Install what the tests need and run them all
	+@ctests/run_parts.py '$(MAKE)' $(TEST_PARTS)

test-tools:
	ctests/install.sh

$(CTESTS)/venv/installed: ctests/requirements.txt | test-tools
	python3 -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Without Node.js the tests that want its packages say that they were skipped.
ctests/%/node_modules: ctests/%/package.json
	if command -v npm >/dev/null; then npm install --prefix $(@D) --no-package-lock --no-audit --no-fund --silent; fi

test-rust: test-tools
	$(CARGO) test --locked --workspace --exclude wscurl-bench

test-abi: all test-tools
	python3 ctests/abi/run.py --libraries $(BUILD)

# The TLS tests with the other cryptography, which is built for them alone.
test-aws-lc:
	$(CARGO) test --locked -p wscurl --lib --no-default-features --features aws-lc tls::

OLDEST_RUST = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

test-oldest-rust: ## Build the library and the drop-in with the oldest Rust that they are for
	rustup toolchain install $(OLDEST_RUST) --profile minimal
	CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/oldest-rust $(CARGO) +$(OLDEST_RUST) build --locked -p wscurl -p wscurl-passthrough

# What Miri can run is marked by its name.
test-miri:
	@if $(CARGO) +nightly miri --version >/dev/null 2>&1 || rustup component add miri rust-src --toolchain nightly >/dev/null 2>&1; then \
	  MIRIFLAGS=-Zmiri-disable-isolation $(CARGO) +nightly miri test --locked --quiet miri_; \
	else echo "Miri is not installed and cannot be: skipped"; fi

test-memory: $(CTESTS_MEMORY) $(CTESTS)/venv/installed
	CTESTS_DIR=$(abspath $(CTESTS))/memory TEST_PATIENCE=6 $(PYTEST) ctests --memcheck

test-libcurl: $(CTESTS_LIBCURL) $(CTESTS)/venv/installed
	rm -rf $(TRANSCRIPTS)
	LIB=oracle $(PYTEST) ctests -m must --transcripts=$(TRANSCRIPTS)

# Compares with what test-libcurl left, if it did.
test-ours: $(CTESTS_OURS) $(CTESTS)/instructions $(CTESTS)/venv/installed ctests/interop/node_modules
	$(PYTEST) ctests --transcripts=$(TRANSCRIPTS)

test-reproducible: ## Check that two builds in two places are the same
	ctests/install/reproducible.sh

test-install: all $(CTESTS)/venv/installed
	$(PYTEST) ctests/install -rs

test-passthrough: all $(CTESTS)/venv/installed ctests/passthrough/node_modules
	$(PYTEST) ctests/passthrough -rs

PASSTHROUGH_OVER = echo "Over $$library"; TEST_LIBCURL=$$library $(PYTEST) ctests/passthrough --ignore ctests/passthrough/test_wscurl_run.py -rs

# The same with the newest libcurl as the system's, built from source, with WebSocket and without. LIBCURL=FILE takes that one.
test-passthrough-source: all $(CTESTS)/venv/installed ctests/passthrough/node_modules $(if $(LIBCURL),,$(SOURCE_LIBCURLS))
	@for library in $(or $(LIBCURL),$(abspath $(SOURCE_LIBCURLS))); do $(PASSTHROUGH_OVER) || exit; done

$(CTESTS)/libcurl/lib/libcurl.so.4: ctests/passthrough/build_libcurl.sh Cargo.lock
	$< $(CTESTS)/libcurl

$(CTESTS)/libcurl-without-ws/lib/libcurl.so.4: ctests/passthrough/build_libcurl.sh Cargo.lock
	$< $(CTESTS)/libcurl-without-ws -DCURL_DISABLE_WEBSOCKETS=ON
