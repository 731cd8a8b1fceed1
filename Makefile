# curlws: `make` builds into build/, `make install` copies to PREFIX (and DESTDIR before it, for packages).

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

CARGO ?= cargo
INSTALL ?= install
STRIP ?= strip
export CARGO_TARGET_DIR ?= target
BUILD := build

VERSION = $(shell sed -n 's/^.define CURLWS_VERSION "\(.*\)"/\1/p' include/curl/curlver.h)

STATIC := $(BUILD)/libcurlws.a
SHARED := $(BUILD)/libcurlws.so.4
# In a directory of its own, to be found before the system's library of the same name, and only where that is wanted.
DROP_IN := $(BUILD)/drop-in/libcurl.so.4

# nodelete: threads that resolve names may outlive the last handle, and must not run in unmapped code after a dlclose.
LINK = $(CC) -shared -s -o $@ -Wl,-soname,$(@F) -Wl,--version-script=libcurl.map \
  -Wl,--gc-sections,-O1,-z,defs,-z,relro,-z,now,-z,nodelete \
  -Wl,--whole-archive $(STATIC) -Wl,--no-whole-archive $(BUILD)/compat.ld -lgcc_s -lm -lc

.PHONY: all cargo header check-header test-multi test-multi-memory scale install uninstall clean

all: $(SHARED) $(BUILD)/libcurlws.so $(DROP_IN)

# Cargo knows what has changed, and leaves the file's date alone if nothing has. Only the static library is built: with a
# Rust library beside it there would be no link-time optimization.
$(CARGO_TARGET_DIR)/release/libcurlws.a: cargo
	$(CARGO) rustc --locked --release --lib -p curlws --crate-type staticlib

$(STATIC): $(CARGO_TARGET_DIR)/release/libcurlws.a
	@mkdir -p $(@D)
	$(STRIP) --strip-debug -o $@ $<

# Every function a second time, under the version that programs outside Debian ask for. (Not nm: where a linker plugin is
# installed it looks at the LLVM bitcode in the objects, and finds nothing.)
$(BUILD)/compat.ld: $(STATIC)
	readelf --wide --symbols $< | sed -n 's/.* FUNC  *GLOBAL .* \(curl_[a-z_]*\)$$/"\1@CURL_4" = \1;/p' | sort -u > $@

$(SHARED): $(STATIC) $(BUILD)/compat.ld libcurl.map
	$(LINK)

$(BUILD)/libcurlws.so: $(SHARED)
	ln -sf libcurlws.so.4 $@

$(DROP_IN): $(STATIC) $(BUILD)/compat.ld libcurl.map
	@mkdir -p $(@D)
	$(LINK)

header:
	$(CARGO) run --locked --quiet -p curlws-header -- include/curl

check-header:
	$(CARGO) run --locked --quiet -p curlws-header -- $(BUILD)/header
	diff -u include/curl/curl.h $(BUILD)/header/curl.h
	diff -u include/curl/curlver.h $(BUILD)/header/curlver.h

# The multi and share interfaces under event loops; libevent's and libuv's where they are installed.
MULTI = $(MAKE) -C ctests/multi CURL_CFLAGS=-I$(CURDIR)/include OUT=$(abspath $(BUILD))/multi \
  CURL_LIBS='-L$(abspath $(BUILD)) -lcurlws -Wl,-rpath,$(abspath $(BUILD))'

test-multi: all
	$(MULTI) test

# The same under valgrind.
test-multi-memory: all
	$(MULTI) test RUNNER='valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect'

# What events and idle connections cost, beside libcurl. The crate that builds libcurl forgets that Linux has poll().
scale: all
	CFLAGS='-DHAVE_POLL -DHAVE_EVENTFD -DHAVE_SYS_EVENTFD_H' CARGO_TARGET_DIR=$(CARGO_TARGET_DIR)/libcurl \
	  $(CARGO) run --quiet --release -p oracle > $(BUILD)/libcurl-flags
	$(MULTI) scale ORACLE="$$(cat $(BUILD)/libcurl-flags)"

install: all
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/curlws $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/curlws/curl
	$(INSTALL) -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf libcurlws.so.4 $(DESTDIR)$(LIBDIR)/libcurlws.so
	$(INSTALL) -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(DROP_IN) $(DESTDIR)$(LIBDIR)/curlws
	$(INSTALL) -m 644 include/curl/*.h $(DESTDIR)$(INCLUDEDIR)/curlws/curl
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
	  curlws.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/curlws.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/curlws.pc

uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/libcurlws.so $(DESTDIR)$(LIBDIR)/libcurlws.so.4 $(DESTDIR)$(LIBDIR)/libcurlws.a
	rm -f $(DESTDIR)$(LIBDIR)/pkgconfig/curlws.pc $(DESTDIR)$(LIBDIR)/curlws/libcurl.so.4
	rm -f $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/curlws/%,$(wildcard include/curl/*.h))
	-rmdir $(DESTDIR)$(LIBDIR)/curlws $(DESTDIR)$(INCLUDEDIR)/curlws/curl $(DESTDIR)$(INCLUDEDIR)/curlws

clean:
	$(CARGO) clean
	rm -rf $(BUILD)

include ctests/make.mk
include ctests/autobahn/autobahn.mk
include bench/bench.mk
