# `make faults`: whole sessions in which each system call and each allocation fails once. FAULTS chooses: names of sessions and of functions.

FAULTS ?=
FAULT_PROGRAMS := $(CTESTS)/ours/faults/session $(CTESTS)/ours/faults/interpose.so

.PHONY: faults

test-ours: $(FAULT_PROGRAMS)

faults: $(FAULT_PROGRAMS) $(CTESTS)/venv/installed ## Make every system call and allocation of whole sessions fail
	$(CTESTS)/venv/bin/python ctests/faults/run.py $(FAULTS)

$(CTESTS)/ours/faults/session: ctests/faults/session.c $(BUILD)/libwscurl.so
	@mkdir -p $(@D)
	$(CC) -std=c99 -D_POSIX_C_SOURCE=200809L $(CTEST_WARN) -o $@ $< -Iinclude -L$(BUILD) -Wl,-rpath,$(abspath $(BUILD)) -lwscurl

$(CTESTS)/ours/faults/interpose.so: ctests/faults/interpose.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(filter-out -Wpedantic,$(CTEST_WARN)) -shared -fPIC -fno-builtin -fno-optimize-sibling-calls -o $@ $<
