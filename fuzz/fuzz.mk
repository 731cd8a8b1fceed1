# `make fuzz`: every target of cargo-fuzz for TIME seconds. FUZZ names the targets.

TIME ?= 60
FUZZ ?= challenge connection cookies decoder hsts inflate netrc response transfer url certificate key

.PHONY: fuzz

fuzz: ## Run the fuzz targets, TIME=60 seconds each
	fuzz/run.sh $(TIME) $(FUZZ)
