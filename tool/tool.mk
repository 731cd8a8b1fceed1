# `make tool`: the program wscurl, its manual page and completions, in build/tool. `make install` installs them if they were built.

TOOL := $(BUILD)/tool

.PHONY: tool

tool: ## Build the program wscurl, its manual page and its completions
	RUSTFLAGS="$$RUSTFLAGS $(REMAP)" $(CARGO) build --locked --release -p wscurl-tool
	@mkdir -p $(TOOL)
	$(STRIP) -o $(TOOL)/wscurl $(CARGO_TARGET_DIR)/release/wscurl
	$(CARGO_TARGET_DIR)/release/wscurl-pages $(TOOL)

TEST_PARTS += test-tool

test-tool: $(CTESTS)/venv/installed
	$(CARGO) build --locked -p wscurl-tool
	$(PYTEST) ctests/tool
