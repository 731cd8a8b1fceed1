# `make fuzz`: every target of cargo-fuzz for TIME seconds. FUZZ names the targets.

TIME ?= 60
FUZZ ?= abi certificate challenge connection cookies decoder extensions hsts inflate key netrc response transfer tunnel url

.PHONY: fuzz

fuzz: ## Run the fuzz targets, TIME=60 seconds each
	fuzz/run.sh $(TIME) $(FUZZ)
