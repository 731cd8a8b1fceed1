# The C tests with musl, and on AArch64 under qemu. PLATFORM_TESTS are arguments for pytest.

PLATFORM_TESTS ?=

.PHONY: test-musl test-aarch64

test-musl: $(CTESTS)/venv/installed ## Run the C tests with musl, linked statically (needs rustup)
	BUILD=$(BUILD) ctests/platforms/run.sh x86_64-unknown-linux-musl $(PLATFORM_TESTS)

test-aarch64: $(CTESTS)/venv/installed ## Run the C tests on AArch64 with musl under qemu (needs rustup and qemu-user-static)
	BUILD=$(BUILD) ctests/platforms/run.sh aarch64-unknown-linux-musl $(PLATFORM_TESTS)
