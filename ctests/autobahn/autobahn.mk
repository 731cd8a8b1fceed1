# The Autobahn test suite against the clients here: `make autobahn` runs every case, `make autobahn-quick` the cases 1 to 10
# in full and the smaller sizes of 12 and 13. What it is and how to read the tables: ctests/autobahn/README.md

AUTOBAHN := ctests/autobahn
AUTOBAHN_BUILD := $(BUILD)/autobahn
AUTOBAHN_CLIENTS := frames messages callback
AUTOBAHN_VENV := $(AUTOBAHN_BUILD)/venv

# With compression nothing is left unimplemented.
AUTOBAHN_ACCEPTED := OK,NON-STRICT,INFORMATIONAL

comma := ,
empty :=
space := $(empty) $(empty)
# In sections 12 and 13 each group's cases 8 to 10 and 13 to 18 have the large messages.
AUTOBAHN_GROUPS := 12.1 12.2 12.3 12.4 12.5 13.1 13.2 13.3 13.4 13.5 13.6 13.7
AUTOBAHN_LARGE := $(foreach group,$(AUTOBAHN_GROUPS),$(foreach case,8 9 10 13 14 15 16 17 18,$(group).$(case)))

.PHONY: autobahn autobahn-quick autobahn-default $(AUTOBAHN_CLIENTS:%=autobahn-%) $(AUTOBAHN_CLIENTS:%=autobahn-quick-%)

TEST_PARTS += autobahn-quick

autobahn: $(AUTOBAHN_CLIENTS:%=autobahn-%) ## Run all cases of the Autobahn test suite
autobahn-quick: $(AUTOBAHN_CLIENTS:%=autobahn-quick-%)

# Without CURLWS_STRICT. The summary lists the cases that only strict mode passes.
autobahn-default: $(AUTOBAHN_BUILD)/frames $(AUTOBAHN_BUILD)/callback $(AUTOBAHN_VENV)/.autobahn-kit ## Run the cases 1 to 10 in default mode
	@for client in frames callback; do \
	  AUTOBAHN_EXCLUDE='12.*,13.*' AUTOBAHN_DEFAULT=1 $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) 0 $(AUTOBAHN_BUILD)/results/default-$$client $(AUTOBAHN_BUILD)/$$client; \
	  AUTOBAHN_ALLOW=$(AUTOBAHN_ACCEPTED) $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) summary $(AUTOBAHN_BUILD)/results/default-$$client; \
	done; true

$(AUTOBAHN_VENV)/.autobahn-kit: $(AUTOBAHN)/install.sh $(AUTOBAHN)/patch.py
	@mkdir -p $(@D)
	$(AUTOBAHN)/install.sh $(AUTOBAHN_VENV)
	@touch $@

$(AUTOBAHN_BUILD)/%: $(AUTOBAHN)/%.c $(AUTOBAHN)/cases.c $(AUTOBAHN)/client.h $(STATIC)
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Iinclude -o $@ $< $(AUTOBAHN)/cases.c $(STATIC) -lgcc_s -lm

$(AUTOBAHN_CLIENTS:%=autobahn-%): autobahn-%: $(AUTOBAHN_BUILD)/% $(AUTOBAHN_VENV)/.autobahn-kit
	AUTOBAHN_EXCLUDE= $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) 0 $(AUTOBAHN_BUILD)/results/$* $<
	AUTOBAHN_ALLOW=$(AUTOBAHN_ACCEPTED) $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) summary $(AUTOBAHN_BUILD)/results/$*

$(AUTOBAHN_CLIENTS:%=autobahn-quick-%): autobahn-quick-%: $(AUTOBAHN_BUILD)/% $(AUTOBAHN_VENV)/.autobahn-kit
	@AUTOBAHN_EXCLUDE=$(subst $(space),$(comma),$(strip $(AUTOBAHN_LARGE))) \
	  $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) 0 $(AUTOBAHN_BUILD)/results/quick-$* $<
	AUTOBAHN_ALLOW=$(AUTOBAHN_ACCEPTED) $(AUTOBAHN)/run.sh $(AUTOBAHN_VENV) summary $(AUTOBAHN_BUILD)/results/quick-$*
