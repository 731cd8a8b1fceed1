# wscurl: `make` builds into build/, `make install` copies to PREFIX (and DESTDIR before it, for packages).

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

CARGO ?= cargo
INSTALL ?= install
STRIP ?= strip
export CARGO_TARGET_DIR ?= target
BUILD := build
comma := ,

VERSION = $(shell sed -n 's/^.define WSCURL_VERSION "\(.*\)"/\1/p' include/curl/curlver.h)

STATIC := $(BUILD)/libwscurl.a
SHARED := $(BUILD)/libwscurl.so.4
# In a directory of its own, to be found before the system's library of the same name, and only where that is wanted.
DROP_IN := $(BUILD)/drop-in/libcurl.so.4

# nodelete: threads that resolve names may outlive the last handle, and must not run in unmapped code after a dlclose.
# Bsymbolic-functions: calls among our own functions stay inside, whatever the program defines under their names.
LINK = $(CC) -shared -s -o $@ -Wl,-soname,$(@F) $(patsubst %,-Wl$(comma)--version-script=%,$(filter %.map,$^)) \
  -Wl,--gc-sections,-O1,-Bsymbolic-functions,-z,defs,-z,relro,-z,now,-z,nodelete \
  -Wl,--whole-archive $(STATIC) -Wl,--no-whole-archive $(filter %.ld,$^) -lgcc_s -lm -lc

.PHONY: all cargo header check-header test-multi test-multi-memory scale install uninstall clean

all: $(SHARED) $(BUILD)/libwscurl.so $(DROP_IN)

# Cargo knows what has changed, and leaves the file's date alone if nothing has. Only the static library is built: with a
# Rust library beside it there would be no link-time optimization.
$(CARGO_TARGET_DIR)/release/libwscurl.a: cargo
	$(CARGO) rustc --locked --release --lib -p wscurl --crate-type staticlib

$(STATIC): $(CARGO_TARGET_DIR)/release/libwscurl.a
	@mkdir -p $(@D)
	$(STRIP) --strip-debug -o $@ $<

# Every function a second time, under the version that programs outside Debian ask for. (Not nm: where a linker plugin is
# installed it looks at the LLVM bitcode in the objects, and finds nothing.)
$(BUILD)/compat.ld: $(STATIC)
	readelf --wide --symbols $< | sed -n 's/.* FUNC  *GLOBAL .* \(curl_[a-z_]*\)$$/"\1@CURL_4" = \1;/p' | sort -u > $@

$(SHARED): $(STATIC) libwscurl.map
	$(LINK)

$(BUILD)/libwscurl.so: $(SHARED)
	ln -sf libwscurl.so.4 $@

$(DROP_IN): $(STATIC) $(BUILD)/compat.ld libcurl.map
	@mkdir -p $(@D)
	$(LINK)

header:
	$(CARGO) run --locked --quiet -p wscurl-header -- include/curl

check-header:
	$(CARGO) run --locked --quiet -p wscurl-header -- $(BUILD)/header
	diff -u include/curl/curl.h $(BUILD)/header/curl.h
	diff -u include/curl/curlver.h $(BUILD)/header/curlver.h

# The multi and share interfaces under event loops; libevent's and libuv's where they are installed.
MULTI = $(MAKE) -C ctests/multi CURL_CFLAGS=-I$(CURDIR)/include OUT=$(abspath $(BUILD))/multi \
  CURL_LIBS='-L$(abspath $(BUILD)) -lwscurl -Wl,-rpath,$(abspath $(BUILD))'

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
	$(INSTALL) -d $(DESTDIR)$(LIBDIR)/wscurl $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)/wscurl/curl
	$(INSTALL) -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf libwscurl.so.4 $(DESTDIR)$(LIBDIR)/libwscurl.so
	$(INSTALL) -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(DROP_IN) $(DESTDIR)$(LIBDIR)/wscurl
	$(INSTALL) -m 644 include/curl/*.h $(DESTDIR)$(INCLUDEDIR)/wscurl/curl
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
	  wscurl.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/wscurl.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/wscurl.pc

uninstall:
	rm -f $(DESTDIR)$(LIBDIR)/libwscurl.so $(DESTDIR)$(LIBDIR)/libwscurl.so.4 $(DESTDIR)$(LIBDIR)/libwscurl.a
	rm -f $(DESTDIR)$(LIBDIR)/pkgconfig/wscurl.pc $(DESTDIR)$(LIBDIR)/wscurl/libcurl.so.4
	rm -f $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/wscurl/%,$(wildcard include/curl/*.h))
	-rmdir $(DESTDIR)$(LIBDIR)/wscurl $(DESTDIR)$(INCLUDEDIR)/wscurl/curl $(DESTDIR)$(INCLUDEDIR)/wscurl

clean:
	$(CARGO) clean
	rm -rf $(BUILD)

include ctests/make.mk
include ctests/autobahn/autobahn.mk
include bench/bench.mk
