# wstap: all that there is to run. Needs Go and make; every target sees to the rest.

GO ?= go
# yes or no: build with libpcap, which live capture and filters (-f) need. PCAP=no leaves it out.
PCAP ?= $(shell sh tools/has-libpcap.sh)
# How long make fuzz gives to each target, and a pattern for the names of those to run.
FUZZTIME ?= 2m
FUZZ ?= .
# Further arguments of make bench or bench-live, such as BENCH='-kind ws -rounds 3'.
BENCH ?=

PCAP := $(PCAP)
TAGS := $(if $(filter yes,$(PCAP)),,-tags=nopcap)
# The go tool skips folders called testdata: their packages are named one by one, but for modules of their own.
PACKAGES = ./... $(shell find testdata -path testdata/generate -prune -o -name '*.go' -exec dirname {} \; | sort -u | sed 's,^,./,')
# A work tree that git will not look at must not stop the build.
ifneq ($(shell git rev-parse HEAD >/dev/null 2>&1; echo $$?),0)
export GOFLAGS := $(shell $(GO) env GOFLAGS) -buildvcs=false
endif
export GO TAGS PACKAGES FUZZTIME FUZZ

LINTER := tools/bin/golangci-lint

.PHONY: help demo test build fmt lint fuzz bench bench-live pgo golden ci

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' $(MAKEFILE_LIST) | while read -r t what; do printf 'make %-10s %s\n' "$$t" "$$what"; done

demo: build ## build wstap and run it on three captures of testdata
	@sh tools/demo.sh

test: ## install what the tests need, then run every check; ends with what ran and what failed
	@sh tools/setup.sh libpcap tshark tcpdump ip
	@$(MAKE) --no-print-directory .test

.PHONY: .test
.test:
	@sh tools/test.sh

build: ## build bin/wstap
	@$(if $(TAGS),echo "libpcap's headers are not here: building wstap without wstap live and capture filters (-f)")
	@mkdir -p bin
	@$(if $(TAGS),CGO_ENABLED=0) $(GO) build $(TAGS) -o bin/wstap ./cmd/wstap

fmt: ## format the Go code
	@gofmt -l -w $$(find . -name '*.go' -not -path './tools/bin/*')

lint: $(LINTER) ## run golangci-lint, built at the version that tools/go.mod pins
	@$(LINTER) run $(if $(TAGS),--build-tags nopcap) $(PACKAGES)

$(LINTER): tools/go.mod tools/go.sum
	@echo "building golangci-lint, which takes a few minutes the first time"
	@$(GO) -C tools build -o bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

fuzz: ## run every fuzz target for FUZZTIME (2m)
	@sh tools/fuzz.sh

bench: build ## compare wstap with tcpdump on generated captures (5 GB in testdata/bench)
	@sh tools/setup.sh tcpdump openssl
	@$(GO) run $(TAGS) ./testdata/benchmark -wstap bin/wstap $(BENCH)

bench-live: build ## compare what wstap live and tcpdump drop under load (needs root)
	@sh tools/setup.sh tcpdump tcpreplay ip
	@$(GO) run $(TAGS) ./testdata/benchlive -wstap bin/wstap $(BENCH)

pgo: ## profile reading the capture ws of make bench, for the compiler to optimise by
	@mkdir -p testdata/bench
	$(GO) run $(TAGS) ./testdata/benchgen -kind ws -out testdata/bench/ws-1-1.pcap
	$(GO) test $(TAGS) -run '^$$' -bench BenchmarkRead -benchtime 5x -o bin/pgo.test -cpuprofile cmd/wstap/default.pgo ./cmd/wstap

golden: build ## write anew what tests expect and documents show; read the difference before committing it
	$(GO) test $(TAGS) ./classify -update
	@$(MAKE) --no-print-directory build
	@bin/wstap rules document >docs/findings.md
	$(GO) test $(TAGS) ./cmd/wstap ./cmd/wstap/report -update
	@sh tools/docs.sh -w

ci: ## what .ci/run runs
	@.ci/run
