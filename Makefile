# Peneira. `make help` lists what there is to do.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# Gin can speak MessagePack, and nobody does here: compiling that takes 20 s, and as long again for the race detector.
export GOFLAGS := $(strip $(shell go env GOFLAGS) -tags=nomsgpack)

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# When the commit was made, not when it is built: the same commit gives the same bytes.
BUILT ?= $(shell TZ=UTC git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.built=$(BUILT)
# Paths of this machine and what git says of the directory stay out of the program.
build = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

# Tools are pinned in .tools, apart from the product's own dependencies.
tools := bin/tools
platforms := linux/arm64 darwin/arm64 windows/amd64
# What is released is built with this Go, whatever Go the machine has: a patch without known vulnerabilities. The Dockerfile
# has the same. Go fetches it as it fetches modules, and verifies it like them.
release_go := go1.26.11
releases := linux/amd64 $(platforms)
api_config := internal/api/openapi/config.yaml
api_code := internal/api/openapi/openapi.gen.go
api_document := internal/api/openapi/openapi.yaml

# The race detector needs a C compiler; a machine without one runs the same tests without it.
race := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

# What `go test` is given, for example: make test ARGS='-run TestAccept ./internal/app'
ARGS ?= ./...

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/-]+:.*## / {printf "  \033[1m%-21s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build and start everything on an embedded PostgreSQL
	@exec ./bin/peneira serve

.PHONY: secrets
secrets: ## Make the passwords that compose.yaml needs, in secrets/
	@docs/operations/deploy/secrets.sh

.PHONY: demo
demo: ## Host, run and check the reference case on a running server
	@go run ./cmd/demo

.PHONY: bench
bench: build ## Measure throughput and latency, and pgbench's one at a time, on a throw-away PostgreSQL
	@go run ./cmd/bench

.PHONY: bench/report
bench/report: build ## Measure the same and write it into docs/benchmarks.md; about three minutes
	@go run ./cmd/bench -report docs/benchmarks.md

.PHONY: bench/growth
bench/growth: build ## Measure what 5 million executions and 10,000 scripts cost, against empty tables; 8 GB of disk
	@go run ./cmd/bench -growth

.PHONY: rehearsal
rehearsal: build ## Lose a full database, restore it from a backup and compare every row; measures the way back
	@go run ./cmd/rehearsal

.PHONY: build
build: ## Build bin/peneira
	@$(build) -o bin/ ./cmd/peneira

# The detector has every program sleep for a second before it ends, and a hundred of them end during the tests.
.PHONY: test
test: ## Run all tests against a real PostgreSQL that is started for them
	@GORACE=atexit_sleep_ms=0 go run $(race) ./internal/postgres/pgtest/withpg -- go test -timeout 25m $(race) $(ARGS)

# Without C, as the program it starts, so that what the two have in common is compiled once.
.PHONY: chaos
chaos: chaos/program ## Kill, freeze and cut off what can be for 4 minutes, and prove that nothing is lost; about 5 minutes
	@CGO_ENABLED=0 go test -count=1 -timeout 15m ./internal/chaos -v -for=4m

.PHONY: chaos/short
chaos/short: chaos/program ## The same in about a minute and a half
	@CGO_ENABLED=0 go test -count=1 -timeout 10m ./internal/chaos -v -for=1m

# Compiled here, the program takes none of the suite's time.
.PHONY: chaos/program
chaos/program:
	@CGO_ENABLED=0 go build -o /dev/null ./cmd/peneira

.PHONY: performance
performance: ## Measure scripts in the sandbox against Node and write docs/performance.md
	@go run ./cmd/performance

.PHONY: test/s3
test/s3: ## Run the tests of copies in a bucket against versitygw, an S3 server that is built for them
	@server=$$(mktemp -d); trap 'rm -rf "$$server"' EXIT; \
	CGO_ENABLED=0 go build -modfile=.tools/versitygw.mod -o "$$server/" github.com/versity/versitygw/cmd/versitygw; \
	PENEIRA_TEST_S3_SERVER="$$server/versitygw" $(MAKE) test ARGS='-count=1 -run "Bucket|Cop|Fetch|Store" ./internal/backup ./internal/app'

.PHONY: check
check: check/lint check/generated check/modules check/platforms check/deploy check/alerts check/vulnerabilities ## Check all but what tests check

# With the tests' flags, so that what they are compiled with is compiled once. All of go vet is among the linters (govet).
.PHONY: check/lint
check/lint: $(tools)/golangci-lint
	@GOFLAGS="$$(go env GOFLAGS) $(race)" $< run ./...

.PHONY: check/generated
check/generated: $(tools)/sqlc $(tools)/oapi-codegen
	@$(tools)/sqlc diff
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	sed "s|^output:.*|output: $$fresh/code.go|" $(api_config) > "$$fresh/config.yaml"; \
	$(tools)/oapi-codegen -config "$$fresh/config.yaml" openapi.yaml; \
	diff -q $(api_code) "$$fresh/code.go" && diff -q $(api_document) openapi.yaml \
		|| { echo 'The API code is not current: run "make generate".' >&2; exit 1; }

.PHONY: check/modules
check/modules:
	@go mod tidy -diff

.PHONY: check/platforms
check/platforms:
	@CGO_ENABLED=0 go run ./.tools/platforms $(platforms)

.PHONY: check/deploy
check/deploy: ## Check the Dockerfile, compose.yaml and the examples for Kubernetes and systemd
	@CGO_ENABLED=0 go run -modfile=.tools/deploy.mod ./.tools/deploy

.PHONY: check/alerts
check/alerts: ## Test the alert rules with Prometheus's own evaluation
	@CGO_ENABLED=0 go run -modfile=.tools/alerts.mod ./.tools/alerts

.PHONY: image/local
image/local: ## Build the image without a container engine or registry, and try it (root, Debian, buildah, debootstrap)
	@.tools/image/local.sh

# VULNERABILITIES=require: also when the database cannot be had, and when they are in this machine's Go.
.PHONY: check/vulnerabilities
check/vulnerabilities: $(tools)/govulncheck ## Look for known vulnerabilities in what the program calls
	@CGO_ENABLED=0 go run ./.tools/vulnerabilities $<

# dist/ holds a program for each platform, what each is made of (CycloneDX) and the checksums of all.
.PHONY: release
release: export VULNERABILITIES := require
release check/reproducible: export GOTOOLCHAIN := $(release_go)
release: $(tools)/cyclonedx-gomod check/vulnerabilities ## Build dist/: programs for all platforms, their bills of materials and checksums
	@rm -rf dist && mkdir -p dist
	@for platform in $(releases); do \
		name=peneira_$(VERSION)_$${platform/\//_}; [[ $$platform != windows/* ]] || name+=.exe; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} $(build) -o dist/$$name ./cmd/peneira; \
		$< bin -json -noserial -std -version $(VERSION) -output dist/$$name.cdx.json dist/$$name; \
	done
	@cd dist && sha256sum * > SHA256SUMS && cat SHA256SUMS

.PHONY: check/reproducible
check/reproducible: build ## Build the commit once more, elsewhere and without caches of it, and compare
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; git archive HEAD | tar -x -C "$$copy"; \
	(cd "$$copy" && $(build) -a -o bin/ ./cmd/peneira); \
	sha256sum bin/peneira "$$copy/bin/peneira"; cmp bin/peneira "$$copy/bin/peneira"

.PHONY: generate
generate: $(tools)/sqlc $(tools)/oapi-codegen ## Generate the code for queries and API
	@$(tools)/sqlc generate
	@$(tools)/oapi-codegen -config $(api_config) openapi.yaml
	@cp openapi.yaml $(api_document) # what is embedded has to lie in its package's directory

.PHONY: format
format: $(tools)/golangci-lint ## Format all Go code
	@$< fmt ./...

# Building the tools is most of what a fresh machine does. Without C: sqlc's parser alone takes minutes to compile with it.
# Without what a debugger needs: a quarter less. What does not compute for long is not optimised: another quarter less.
$(tools)/%: FORCE
	@CGO_ENABLED=0 go build -modfile=.tools/$*.mod -gcflags='all=-dwarf=false -N -l' \
		$(foreach packages,std $(optimised),-gcflags='$(packages)=-dwarf=false') -ldflags='-s -w' -o $@ tool
# What takes the linters and govulncheck their time.
$(tools)/golangci-lint $(tools)/govulncheck: optimised := golang.org/x/... honnef.co/... mvdan.cc/... \
	$(addprefix github.com/,$(addsuffix /...,golangci mgechev securego go-critic quasilyte))
FORCE:

.PHONY: conformance
conformance: ## Compare the sandbox's JavaScript with Node's
	@go test -count=1 -run '^Test(Probes|Documentation)$$' -v ./internal/sandbox

# What is kept of Node's own answers, and the tables made from it. They need Node 20 and npm, and change when Node does.
language := internal/sandbox/testdata/language
pattern := internal/sandbox/pattern

.PHONY: probes
probes:
	@modules=$$(mktemp -d); trap 'rm -rf "$$modules"' EXIT; root=$$PWD; cd "$$modules"; \
	npm install --silent --ignore-scripts core-js@3.51.0; \
	node "$$root/$(language)/probes.mjs" "$$root/$(language)/probes.txt" "$$root/$(language)/probes.json"

.PHONY: properties
properties:
	@modules=$$(mktemp -d); trap 'rm -rf "$$modules"' EXIT; root=$$PWD; cd "$$modules"; \
	npm install --silent --ignore-scripts unicode-property-aliases-ecmascript@2.2.0 unicode-match-property-value-ecmascript@2.2.1; \
	node "$$root/$(pattern)/properties.mjs" "$$root/$(pattern)/properties.txt"

.PHONY: zones
zones:
	@cd internal/sandbox/locale/zones; \
	unzip -oq "$$(go env GOROOT)/lib/time/zoneinfo.zip" $$(find . -type f -printf '%P ')

.PHONY: clean
clean: ## Remove what was built; the data in .peneira stays
	@rm -rf bin dist coverage.out
