# `make test-others`: what other people have built on libcurl, built against this library in libcurl's place (the prefix
# PREFIX/lib/wscurl of `make install`); curl's own tests; and another libcurl behind the drop-in. It comes from PyPI, npm, crates.io and Debian; what
# cannot be had is skipped.

OTHERS := $(abspath $(BUILD))/others
OTHERS_PREFIX := $(OTHERS)/prefix
OTHERS_PARTS := test-pycurl test-node-libcurl test-rust-curl test-passthrough-backports test-curl-all

.PHONY: test-others others-prefix $(OTHERS_PARTS)

test-others: ## Run the WebSocket tests of pycurl, node-libcurl, the crate curl, all of curl's own tests, and with another libcurl
	+@ctests/run_parts.py '$(MAKE)' $(OTHERS_PARTS)

others-prefix: all
	@$(MAKE) --no-print-directory -s install PREFIX=$(OTHERS_PREFIX) DESTDIR=

test-pycurl: others-prefix
	ctests/others/pycurl.sh $(OTHERS_PREFIX)/lib/wscurl $(OTHERS)/pycurl

test-node-libcurl: others-prefix $(CTESTS)/venv/installed
	ctests/others/node_libcurl.sh $(OTHERS_PREFIX)/lib/wscurl $(OTHERS)/node-libcurl $(abspath $(CTESTS))/venv/bin/python

test-rust-curl: others-prefix $(CTESTS)/venv/installed
	ctests/others/rust_curl.sh $(OTHERS_PREFIX)/lib/wscurl $(OTHERS)/rust-curl $(abspath $(CTESTS))/venv/bin/python

# The tests of ctests/passthrough with the libcurl of Debian's backports as the system's.
test-passthrough-backports: all $(CTESTS)/venv/installed ctests/passthrough/node_modules
	@library=$$(ctests/others/backports.sh $(OTHERS)/backports); \
	if [ -n "$$library" ]; then $(PASSTHROUGH_OVER); else echo "0 passed, 0 failed, 1 skipped"; fi

# curl's own tests, from its source: those of WebSocket with this library; the others without the drop-in and with it.
CURL_TESTS := $(OTHERS)/curl
CURL_TESTS_RUN = ctests/others/curl/build.sh $(CURL_TESTS); case $$? in \
  0) $(CTESTS)/venv/bin/python ctests/others/curl/run.py $(CURL_TESTS) $(BUILD) $(1) ;; \
  75) echo "0 passed, 0 failed, 1 skipped" ;; *) exit 1 ;; esac

test-curl: all $(CTESTS)/venv/installed
	@$(call CURL_TESTS_RUN)

test-curl-all: all $(CTESTS)/venv/installed ## Run all of curl's own tests without the drop-in and with it
	@$(call CURL_TESTS_RUN,all)
