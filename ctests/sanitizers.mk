# `make test-asan` and `make test-tsan`: the C tests with the library built by Rust's nightly and a sanitizer. Without a nightly they say so.

SANITIZER_HOST := $(shell $(RUSTC) -vV | sed -n 's/^host: //p')
SANITIZER_RUNTIME = $(shell $(RUSTC) +nightly --print sysroot)/lib/rustlib/$(SANITIZER_HOST)/lib/librustc-nightly_rt
ASAN_ARCHIVE := $(CARGO_TARGET_DIR)/asan/$(SANITIZER_HOST)/release/libwscurl.a
TSAN_ARCHIVE := $(CARGO_TARGET_DIR)/tsan/$(SANITIZER_HOST)/release/libwscurl.a
CTESTS_ASAN := $(CTEST_NAMES:%=$(CTESTS)/asan/ours/%)
CTESTS_TSAN := $(CTESTS)/tsan/ours/threads
HAVE_NIGHTLY = $(CARGO) +nightly --version >/dev/null 2>&1

.PHONY: test-asan test-tsan

# Without the tests of how much memory is used, of which AddressSanitizer keeps more. Leaks are valgrind's business: many tests leave handles.
test-asan: ## Run the C tests with AddressSanitizer in the library
	@if $(HAVE_NIGHTLY); then $(MAKE) --no-print-directory $(CTESTS_ASAN) $(CTESTS)/venv/installed && \
	  ASAN_OPTIONS=detect_leaks=0:exitcode=99 CTESTS_DIR=$(abspath $(CTESTS))/asan TEST_PATIENCE=6 $(PYTEST) --timeout 300 ctests \
	    --ignore=ctests/test_memory.py --ignore=ctests/test_instructions.py --ignore=ctests/test_allocations.py \
	    --ignore=ctests/test_faults.py -k 'not pushed_back and not bomb'; \
	else echo "There is no Rust nightly here: AddressSanitizer skipped"; fi

# The standard library is built as well. Without it each Arc that threads share looks like a race: its fences are not seen.
test-tsan: ## Run the tests of threads and of multi handles with ThreadSanitizer in the library
	@if $(HAVE_NIGHTLY); then $(MAKE) --no-print-directory $(CTESTS_TSAN) $(CTESTS)/venv/installed && \
	  TSAN_OPTIONS=exitcode=99 CTESTS_DIR=$(abspath $(CTESTS))/tsan TEST_PATIENCE=6 $(PYTEST) --timeout 300 ctests/test_threads.py && \
	  TSAN_OPTIONS=exitcode=99 $(MAKE) --no-print-directory -C ctests/multi test OUT=$(abspath $(CTESTS))/tsan/multi CURL_CFLAGS=-I$(CURDIR)/include \
	    CURL_LIBS='$(call SANITIZER_LINK,$(abspath $(TSAN_ARCHIVE)),tsan)'; \
	else echo "There is no Rust nightly here: ThreadSanitizer skipped"; fi

$(ASAN_ARCHIVE): cargo
	RUSTFLAGS=-Zsanitizer=address $(CARGO) +nightly rustc --locked --release --lib -p wscurl --crate-type staticlib \
	  --target $(SANITIZER_HOST) --target-dir $(CARGO_TARGET_DIR)/asan

$(TSAN_ARCHIVE): cargo
	RUSTFLAGS=-Zsanitizer=thread $(CARGO) +nightly rustc -Zbuild-std --locked --release --lib -p wscurl --crate-type staticlib \
	  --target $(SANITIZER_HOST) --target-dir $(CARGO_TARGET_DIR)/tsan

SANITIZER_LINK = -I$(CURDIR)/include $(1) -Wl,--whole-archive $(SANITIZER_RUNTIME).$(2).a -Wl,--no-whole-archive -Wl,--export-dynamic \
  -lgcc_s -lrt -ldl -lm

$(CTESTS)/asan/ours/%: CTEST_LINK = $(call SANITIZER_LINK,$(ASAN_ARCHIVE),asan)
$(CTESTS)/tsan/ours/%: CTEST_LINK = $(call SANITIZER_LINK,$(TSAN_ARCHIVE),tsan)
$(CTESTS_ASAN): $(ASAN_ARCHIVE) $(wildcard include/curl/*.h)
$(CTESTS_TSAN): $(TSAN_ARCHIVE) $(wildcard include/curl/*.h)
$(foreach folder,asan/ours tsan/ours,$(eval $(call CTEST_RULES,$(folder))))
