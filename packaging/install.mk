# `make install` and `make uninstall`. PREFIX/lib/wscurl is a prefix of its own in which everything is named as libcurl names it: what is
# built with it gets WebSocket only. Beside its folders are the drop-ins, for programs that were built with the system's libcurl.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DOCDIR ?= $(PREFIX)/share/doc/wscurl
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
INSTALL ?= install

VERSION = $(shell sed -n 's/^.define WSCURL_VERSION "\(.*\)"/\1/p' include/curl/curlver.h)
CURL_VERSION = $(shell sed -n 's/^.define LIBCURL_VERSION "\(.*\)"/\1/p' include/curl/curlver.h)
CURL_PROTOCOLS := WS WSS
CURL_FEATURES := AsynchDNS HSTS IPv6 Largefile SSL threadsafe UnixSockets

# What a program that is linked with the static library needs besides.
SYSTEM_LIBS := -lutil -lrt -lpthread -lm -ldl

# Written with ${prefix}, so that pkg-config can move it.
movable = $(patsubst $(PREFIX)/%,$${prefix}/%,$1)
FILL = sed -e 's|@PREFIX@|$(PREFIX)|g; s|@LIBDIR@|$(call movable,$(LIBDIR))|g; s|@INCLUDEDIR@|$(call movable,$(INCLUDEDIR))|g' \
  -e 's|@VERSION@|$(VERSION)|g; s|@CURL_VERSION@|$(CURL_VERSION)|g; s|@SYSTEM_LIBS@|$(SYSTEM_LIBS)|g' \
  -e 's|@TO_IN_PLACE@|$(shell realpath -ms --relative-to=$(BINDIR) $(IN_PLACE))|g' \
  -e 's|@PROTOCOLS@|$(CURL_PROTOCOLS)|g; s|@FEATURES@|$(CURL_FEATURES)|g'

HEADERS := $(notdir $(wildcard include/curl/*.h))
DOCUMENTS := README.md CHANGELOG.md SECURITY.md LICENSE-MIT LICENSE-APACHE THIRD-PARTY
PAGES := $(filter-out benchmark.%,$(notdir $(wildcard docs/*.md)))
# libcurl's place.
IN_PLACE := $(LIBDIR)/wscurl

INSTALLED = $(BINDIR)/wscurl-run $(addprefix $(LIBDIR)/,libwscurl.so libwscurl.so.4 libwscurl.so.4.$(VERSION) libwscurl.a pkgconfig/wscurl.pc) \
  $(addprefix $(INCLUDEDIR)/wscurl/curl/,$(HEADERS)) \
  $(addprefix $(DOCDIR)/,$(DOCUMENTS) $(addprefix docs/,$(PAGES))) \
  $(addprefix $(IN_PLACE)/,libcurl.so.4 libcurl-gnutls.so.4 bin/curl-config bin/wscurl-info include/curl \
    $(addprefix lib/,libcurl.so libcurl.so.4 libcurl.so.4.$(VERSION) libcurl.a pkgconfig/libcurl.pc) \
    $(addprefix lib/cmake/CURL/,CURLConfig.cmake CURLConfigVersion.cmake))
INSTALLED += $(BINDIR)/wscurl $(MANDIR)/man1/wscurl.1 $(BASHDIR)/wscurl $(ZSHDIR)/_wscurl $(FISHDIR)/wscurl.fish
# Deepest first: they are removed if they are empty.
OWN_FOLDERS = $(addprefix $(IN_PLACE)/,lib/cmake/CURL lib/cmake lib/pkgconfig lib include bin) $(IN_PLACE) \
  $(INCLUDEDIR)/wscurl/curl $(INCLUDEDIR)/wscurl $(DOCDIR)/docs $(DOCDIR)

.PHONY: install uninstall

# What is built is installed as it is: root needs no cargo.
BUILT := $(STATIC) $(SHARED) $(NAMESAKE) $(DROP_IN) $(DROP_IN_GNUTLS) $(INFO)

install: $(if $(filter-out $(wildcard $(BUILT)),$(BUILT)),all) ## Install what was built to PREFIX
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(OWN_FOLDERS))
	$(INSTALL) -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/libwscurl.so.4.$(VERSION)
	ln -sf libwscurl.so.4.$(VERSION) $(DESTDIR)$(LIBDIR)/libwscurl.so.4
	ln -sf libwscurl.so.4 $(DESTDIR)$(LIBDIR)/libwscurl.so
	$(INSTALL) -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 644 include/curl/*.h $(DESTDIR)$(INCLUDEDIR)/wscurl/curl
	$(FILL) packaging/wscurl.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/wscurl.pc
	$(INSTALL) -m 644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)
	$(INSTALL) -m 644 $(addprefix docs/,$(PAGES)) $(DESTDIR)$(DOCDIR)/docs
	$(INSTALL) -m 755 $(NAMESAKE) $(DESTDIR)$(IN_PLACE)/lib/libcurl.so.4.$(VERSION)
	ln -sf libcurl.so.4.$(VERSION) $(DESTDIR)$(IN_PLACE)/lib/libcurl.so.4
	ln -sf libcurl.so.4 $(DESTDIR)$(IN_PLACE)/lib/libcurl.so
	$(INSTALL) -m 755 $(DROP_IN) $(DROP_IN_GNUTLS) $(DESTDIR)$(IN_PLACE)
	ln -srf $(DESTDIR)$(LIBDIR)/libwscurl.a $(DESTDIR)$(IN_PLACE)/lib/libcurl.a
	ln -srfn $(DESTDIR)$(INCLUDEDIR)/wscurl/curl $(DESTDIR)$(IN_PLACE)/include/curl
	for file in bin/curl-config lib/pkgconfig/libcurl.pc lib/cmake/CURL/CURLConfig.cmake lib/cmake/CURL/CURLConfigVersion.cmake; do \
	  $(FILL) packaging/$${file##*/}.in > $(DESTDIR)$(IN_PLACE)/$$file; done
	chmod 755 $(DESTDIR)$(IN_PLACE)/bin/curl-config
	$(INSTALL) -m 755 $(INFO) $(DESTDIR)$(IN_PLACE)/bin/wscurl-info
	$(FILL) packaging/wscurl-run.in > $(DESTDIR)$(BINDIR)/wscurl-run
	chmod 755 $(DESTDIR)$(BINDIR)/wscurl-run
	$(if $(wildcard $(TOOL)/wscurl),$(INSTALL_TOOL))

define INSTALL_TOOL
$(INSTALL) -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR)/man1 $(BASHDIR) $(ZSHDIR) $(FISHDIR))
	$(INSTALL) -m 755 $(TOOL)/wscurl $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(TOOL)/wscurl.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 644 $(TOOL)/wscurl.bash $(DESTDIR)$(BASHDIR)/wscurl
	$(INSTALL) -m 644 $(TOOL)/_wscurl $(DESTDIR)$(ZSHDIR)
	$(INSTALL) -m 644 $(TOOL)/wscurl.fish $(DESTDIR)$(FISHDIR)
endef

uninstall: ## Remove what `make install` installed
	@rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	@for folder in $(addprefix $(DESTDIR),$(OWN_FOLDERS)); do \
	  if [ -d $$folder ]; then rmdir --ignore-fail-on-non-empty $$folder; fi; done
