# `make bench`: wscurl beside libcurl, other clients and raw sockets. BENCH='--quick' and the like choose what runs.

BENCH ?=
BENCH_BUILD := $(BUILD)/bench
BENCH_CC = $(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -o $@ $(filter %.c,$^)
BENCH_CURL := $(wildcard bench/clients/curl*.c bench/clients/curl*.h) bench/clients/job.c bench/clients/job.h
# libwebsockets takes part where it is installed.
BENCH_CLIENTS := wscurl libcurl raw $(if $(shell pkg-config --exists libwebsockets && echo yes),libwebsockets)
BENCH_WEIGHT := start-nothing start-wscurl start-libcurl libwscurl-symbols.so

.PHONY: bench bench-install bench-cargo

bench: all bench-cargo $(BENCH_CLIENTS:%=$(BENCH_BUILD)/%) $(BENCH_WEIGHT:%=$(BENCH_BUILD)/%) ## Measure wscurl beside other clients
	$(CARGO_TARGET_DIR)/release/bench --clients $(BENCH_BUILD) --library $(BUILD) $(BENCH)

# What the benchmark can do without, but says so.
bench-install:
	apt-get install -q -y --no-install-recommends libwebsockets-dev strace valgrind

bench-cargo:
	$(CARGO) build --locked --release -p wscurl-bench

$(BENCH_BUILD)/wscurl: $(BENCH_CURL) $(SHARED) $(BUILD)/libwscurl.so
	@mkdir -p $(@D)
	$(BENCH_CC) -Iinclude -L$(BUILD) -lwscurl -Wl,-rpath,$(abspath $(BUILD))

$(BENCH_BUILD)/libcurl: $(BENCH_CURL) $(BENCH_BUILD)/libcurl-flags
	$(BENCH_CC) $(shell cat $(BENCH_BUILD)/libcurl-flags)

$(BENCH_BUILD)/raw: bench/clients/raw.c bench/clients/job.c bench/clients/job.h
	@mkdir -p $(@D)
	$(BENCH_CC)

$(BENCH_BUILD)/libwebsockets: bench/clients/libwebsockets.c bench/clients/job.c bench/clients/job.h
	@mkdir -p $(@D)
	$(BENCH_CC) $(shell pkg-config --cflags --libs libwebsockets)

$(BENCH_BUILD)/start-nothing: bench/clients/start.c
	@mkdir -p $(@D)
	$(BENCH_CC)

$(BENCH_BUILD)/start-wscurl: bench/clients/start.c $(SHARED) $(BUILD)/libwscurl.so
	@mkdir -p $(@D)
	$(BENCH_CC) -DWITH_CURL -Iinclude -L$(BUILD) -lwscurl -Wl,-rpath,$(abspath $(BUILD))

$(BENCH_BUILD)/start-libcurl: bench/clients/start.c $(BENCH_BUILD)/libcurl-flags
	$(BENCH_CC) -DWITH_CURL $(shell cat $(BENCH_BUILD)/libcurl-flags)

# The shared library with its symbols, to see what is in it.
$(BENCH_BUILD)/libwscurl-symbols.so: $(ARCHIVE) packaging/libwscurl.map
	@mkdir -p $(@D)
	$(filter-out -s,$(LINK))

# The crate that builds libcurl forgets that Linux has poll().
$(BENCH_BUILD)/libcurl-flags: Cargo.lock $(wildcard oracle/* oracle/src/*)
	@mkdir -p $(@D)
	CFLAGS='-DHAVE_POLL -DHAVE_EVENTFD -DHAVE_SYS_EVENTFD_H' CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/libcurl \
	  $(CARGO) run --locked --quiet --release -p oracle > $@.new
	mv $@.new $@
