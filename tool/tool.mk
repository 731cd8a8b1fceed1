# `make tool`: the program wscurl, its manual page and completions, in build/tool. `make install` installs them if they were built.

TOOL := $(BUILD)/tool

.PHONY: tool compare-tool tool-session test-tool-long

tool: ## Build the program wscurl, its manual page and its completions
	RUSTFLAGS="$$RUSTFLAGS $(REMAP)" $(CARGO) build --locked --release -p wscurl-tool
	@mkdir -p $(TOOL)
	$(STRIP) -o $(TOOL)/wscurl $(CARGO_TARGET_DIR)/release/wscurl
	$(CARGO_TARGET_DIR)/release/wscurl-pages $(TOOL)

TEST_PARTS += test-tool

test-tool: $(CTESTS)/venv/installed
	$(CARGO) build --locked -p wscurl-tool
	$(PYTEST) ctests/tool

# websocat has to be installed: `cargo install websocat`, or WEBSOCAT=its path.
compare-tool: tool $(CTESTS)/venv/installed ## Make docs/tool-comparison.md: wscurl beside websocat and websockets
	WSCURL=$(abspath $(TOOL))/wscurl PYTHONPATH=ctests/tool:ctests $(CTESTS)/venv/bin/python ctests/tool/compare.py > $(TOOL)/comparison.md
	mv $(TOOL)/comparison.md docs/tool-comparison.md

tool-session: $(CTESTS)/venv/installed ## Make docs/tool-session.txt: the screens of the test of a session in a terminal
	$(CARGO) build --locked -p wscurl-tool
	rm -f $(TOOL)/session.txt
	WSCURL_SESSION=$(abspath $(TOOL))/session.txt $(CTESTS)/venv/bin/python -m pytest -q ctests/tool/test_tool_terminal.py -k a_session
	mv $(TOOL)/session.txt docs/tool-session.txt

# 1 GB through the program in place of 100 MB.
test-tool-long: $(CTESTS)/venv/installed ## Send 1 GB through the program, both ways
	$(CARGO) build --locked -p wscurl-tool
	WSCURL_PIPE_MB=1000 $(CTESTS)/venv/bin/python -m pytest -q --timeout 1800 ctests/tool/test_tool.py -k a_pipe
