# The C tests on other platforms, under qemu where this processor can't run them. PLATFORM_TESTS are files in place of all tests.

PLATFORM_TESTS ?=
ON_PLATFORM = BUILD=$(BUILD) ctests/platforms/run.sh $(1) $(PLATFORM_TESTS)

# What `make test` takes. TLS is among them, as wss.
SOME_TESTS := $(patsubst %,ctests/test_%.py,connect_only fork left_callbacks multi recv send threads url)
FEW_TESTS := $(patsubst %,ctests/test_%.py,connect_only left_callbacks)

.PHONY: test-musl test-aarch64 test-aarch64-musl test-riscv64 check-platforms

test-musl: $(CTESTS)/venv/installed ## Run the C tests with musl, linked statically
	$(call ON_PLATFORM,x86_64-unknown-linux-musl)

test-aarch64: $(CTESTS)/venv/installed ## Run the C tests on AArch64 under qemu
	$(call ON_PLATFORM,aarch64-unknown-linux-gnu)

test-aarch64-musl: $(CTESTS)/venv/installed ## Run the C tests on AArch64 with musl under qemu
	$(call ON_PLATFORM,aarch64-unknown-linux-musl)

test-riscv64: $(CTESTS)/venv/installed ## Run the C tests on 64-bit RISC-V under qemu
	$(call ON_PLATFORM,riscv64gc-unknown-linux-gnu)

check-platforms: $(CTESTS)/venv/installed ## Build the shared library for macOS and FreeBSD, whose programs can't run here
	BUILD=$(BUILD) ctests/platforms/check.sh x86_64-apple-darwin aarch64-apple-darwin x86_64-unknown-freebsd

# Each says what it lacks and counts as skipped then. All run, whether or not one fails.
test-platforms: $(CTESTS)/venv/installed
	@failed=; \
	for platform in test-musl test-aarch64; do $(MAKE) --no-print-directory $$platform PLATFORM_TESTS='$(SOME_TESTS)' || failed=1; done; \
	$(MAKE) --no-print-directory test-riscv64 PLATFORM_TESTS='$(FEW_TESTS)' || failed=1; \
	$(MAKE) --no-print-directory check-platforms || failed=1; \
	[ -z "$$failed" ]
