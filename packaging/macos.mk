# The shared library for macOS. Its linker takes the archive as it is: it exports what the list says, and drops what that does not need.
# Nothing keeps the library from being unloaded, since it has thread-local variables, with which none ever is (dlclose(3)).

DYLIB := $(BUILD)/libwscurl.4.dylib

$(DYLIB): $(ARCHIVE) packaging/libwscurl.exports
	@mkdir -p $(@D)
	$(CC) -dynamiclib -o $@ -install_name @rpath/$(@F) -Wl,-exported_symbols_list,$(filter %.exports,$^) \
	  -Wl,-dead_strip,-x,-force_load,$(ARCHIVE)

$(BUILD)/libwscurl.dylib: $(DYLIB)
	ln -sf $(<F) $@
