# `make soak`: millions of messages, and memory that does not grow. SOAK=0.01 is a hundredth of it.

SOAK ?= 1

.PHONY: soak

soak: $(CTESTS)/ours/soak $(CTESTS)/venv/installed ## Send 10 million messages, connect 100,000 times: nothing grows; SOAK=0.01 for less
	$(CARGO) build --locked --release -p wscurl-bench --bin bench-server
	$(CTESTS)/venv/bin/python ctests/soak/run.py $(SOAK) $< $(CARGO_TARGET_DIR)/release/bench-server

$(CTESTS)/ours/soak: ctests/soak/soak.c $(BUILD)/libwscurl.so
	@mkdir -p $(@D)
	$(CC) -std=c99 -D_POSIX_C_SOURCE=200809L $(CTEST_WARN) -o $@ $< -Iinclude -L$(BUILD) -Wl,-rpath,$(abspath $(BUILD)) -lwscurl
