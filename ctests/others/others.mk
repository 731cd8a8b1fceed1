# `make test-others`: what other people have built on libcurl, built against this library in libcurl's place (the prefix
# PREFIX/lib/wscurl of `make install`). It comes from PyPI, npm and crates.io; what cannot be had is skipped.

OTHERS := $(abspath $(BUILD))/others
OTHERS_PREFIX := $(OTHERS)/prefix
OTHERS_PARTS := test-pycurl test-node-libcurl test-rust-curl test-passthrough-backports

.PHONY: test-others others-prefix $(OTHERS_PARTS)

test-others: ## Run the WebSocket tests of pycurl, and node-libcurl and the crate curl
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
