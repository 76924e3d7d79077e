# The project's commands. `make` builds the tool and uses it on the repo's own protos, `make test` runs every test: both
# need Go, git and make alone. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := all
.SUFFIXES:
# Each command is parallel by itself, and their order is what people read.
.NOTPARALLEL:

# What may be set on the command line, as in: make test TESTFLAGS=-v
TESTFLAGS ?=
FUZZTIME  ?= 10s
# The limit of one package's tests; those of the command build whole workspaces.
TIMEOUT   ?= 15m
GO        ?= go
# The folder of the linters, which are built once for each version.
CI_TOOLS  ?= .ci/tools

GOLANGCI_LINT_VERSION := v2.15.0
ACTIONLINT_VERSION    := v1.7.12
# How programs are built: as the tool builds those that it needs, so that they share Go's cache, and without the workspace,
# so that they can be built whatever has become of dist/.
BUILD := CGO_ENABLED=0 GOWORK=off $(GO)
# The version of buf is the one that the tool is told to use.
BUF := $(BUILD) run -trimpath $(shell sed -n 's/^  buf: *//p' productinfo.yaml)

# Every Go module of the repo: the tool, and what it has built.
MODULES := $(patsubst %/,%,$(dir $(wildcard go.mod */go.mod dist/go/*/go.mod examples/*/go.mod)))
# What `make` writes and is committed.
WRITTEN := dist productinfo.lock go.work go.work.sum
# The tests that are left out under the race detector: they start the go command, or the tool so many times that it would
# take minutes, and what it could find in them it finds in the others too, of which scripts run the whole command.
NO_RACE := ^(TestWild|TestDist|TestConsumer|TestKilledBuild|TestDamagedCache)$$
# The Go files that people write.
SOURCES := $(wildcard *.go) $(wildcard cmd core examples internal protoc-gen-productinfo templates test)

.PHONY: all
all: tools check build summary ## build the tool, check proto/ and build it into dist/

.PHONY: tools
tools: ## build bin/productinfo and bin/protoc-gen-productinfo
	@echo '==> building bin/productinfo and bin/protoc-gen-productinfo'
	@$(BUILD) build -trimpath -o bin/ ./cmd/productinfo ./protoc-gen-productinfo

.PHONY: check
check: tools ## check the protos: compile, lint, symbol clashes
	@echo '==> checking proto/'
	@bin/productinfo check

.PHONY: build
build: tools ## build proto/ into dist/
	@echo '==> building dist/'
	@bin/productinfo build

.PHONY: summary
summary:
	@echo
	@echo 'Made:'
	@echo '  bin/productinfo              the tool'
	@echo '  bin/protoc-gen-productinfo   its plugin, for protoc and buf'
	@for module in dist/go/*/; do \
	  printf '  %-28s %s, %s files\n' "$${module%/}" \
	    "$$(sed -n 's/^module //p' "$${module}go.mod")" \
	    "$$(find "$$module" -type f | wc -l | tr -d ' ')"; \
	done
	@echo
	@echo 'Try next:'
	@echo '  bin/productinfo --help       what the tool can do'
	@echo '  bin/productinfo build        again: it does only what has changed'
	@echo '  make test                    every test'
	@echo '  README.md                    a tour of five minutes'

.PHONY: committed
committed:
	@# For CI, after `make`: what that wrote is what was committed.
	@changed=$$(git status --porcelain -- $(WRITTEN)) || exit 1; \
	  if [ -n "$$changed" ]; then \
	    echo 'these files differ from the committed ones; run make and commit them:' >&2; echo "$$changed" >&2; exit 1; \
	  fi

.PHONY: test
test: ## run every test of every Go module (TESTFLAGS, TIMEOUT)
	@for module in $(MODULES); do \
	  if [ -z "$$(find $$module -name '*_test.go' -print | head -n 1)" ]; then \
	    echo "==> building and vetting $$module, which has no tests of its own"; \
	    (cd $$module && $(GO) build ./... && $(GO) vet ./...) || exit 1; \
	  else \
	    echo "==> testing $$module"; \
	    (cd $$module && $(GO) test -timeout $(TIMEOUT) $(TESTFLAGS) ./...) || exit 1; \
	  fi; \
	done
	@echo '==> every test has passed'

.PHONY: race
race: ## run the tool's tests under the race detector, which needs a C compiler
	@echo '==> testing . under the race detector'
	@$(GO) test -race -timeout $(TIMEOUT) -skip '$(NO_RACE)' $(TESTFLAGS) ./...

.PHONY: vet
vet: ## run go vet in every Go module
	@for module in $(MODULES); do \
	  echo "==> vetting $$module"; \
	  (cd $$module && $(GO) vet ./...) || exit 1; \
	done

.PHONY: lint
lint: $(CI_TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## run the linters that .golangci.yml names
	@echo '==> linting'
	@$< run ./...

.PHONY: actionlint
actionlint: $(CI_TOOLS)/actionlint-$(ACTIONLINT_VERSION) ## check the workflows
	@echo '==> checking .github/workflows'
	@$< -color

.PHONY: shellcheck
shellcheck: ## check the shell scripts, where shellcheck is installed
	@echo '==> checking .ci/run'
	@bash -n .ci/run
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run; else echo 'shellcheck is not installed: only the syntax was checked'; fi

.PHONY: fmt
fmt: ## format the Go files and the protos
	@gofmt -w $(SOURCES)
	@$(BUF) format -w proto

.PHONY: fmt-check
fmt-check: ## fail where a file is not formatted
	@echo '==> checking the format'
	@unformatted=$$(gofmt -l $(SOURCES) dist/go) || exit 1; \
	  if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:" >&2; echo "$$unformatted" >&2; exit 1; fi
	@$(BUF) format --diff --exit-code proto

.PHONY: fresh
fresh: tools ## fail where dist/, the reference or a go.mod is not what it would be if made again
	@echo '==> checking that dist/ is fresh'
	@bin/productinfo build --check
	@echo '==> checking that docs/reference is fresh'
	@out=$$($(GO) test -count=1 -v -run '^TestReference' ./internal/cli) || { echo "$$out"; exit 1; }; \
	  case "$$out" in \
	    *'--- PASS: TestReferenceFresh '*) ;; \
	    *) echo 'internal/cli has no TestReferenceFresh any more, so nothing was checked' >&2; exit 1;; \
	  esac
	@for module in $(MODULES); do \
	  echo "==> checking that $$module/go.mod is tidy"; \
	  (cd $$module && GOWORK=off $(GO) mod tidy -diff) || exit 1; \
	done

.PHONY: bench
bench: ## compare with buf generate on 7,208 protos, and write docs/benchmarks.md
	@$(GO) run ./internal/bench

.PHONY: bench-short
bench-short: ## the same on a smaller corpus, for a first impression
	@$(GO) run ./internal/bench -short

.PHONY: fuzz
fuzz: ## run each fuzz test for FUZZTIME
	@for file in $$(grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' $(SOURCES)); do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
	    echo "==> fuzzing $$name for $(FUZZTIME)"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
	  done; \
	done

.PHONY: fuzz-short
fuzz-short: ## run each fuzz test for a moment, to see that it works
	@$(MAKE) --no-print-directory fuzz FUZZTIME=2s

.PHONY: clean
clean: ## remove bin/ and the workspace's state; dist/ is committed and stays
	rm -rf bin .productinfo

.PHONY: help
help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
	  printf 'make %-12s %s\n' "$$name" "$$text"; \
	done

# The linters are built, not downloaded: go checks their source against the checksum database. The name holds the version,
# so that a new one is built when it changes and an old one is never taken for it.
$(CI_TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	@echo '==> building golangci-lint $(GOLANGCI_LINT_VERSION), once'
	@mkdir -p $(CI_TOOLS)
	@GOBIN=$(abspath $(CI_TOOLS)) $(BUILD) install -trimpath github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(CI_TOOLS)/golangci-lint $@

$(CI_TOOLS)/actionlint-$(ACTIONLINT_VERSION):
	@echo '==> building actionlint $(ACTIONLINT_VERSION), once'
	@mkdir -p $(CI_TOOLS)
	@GOBIN=$(abspath $(CI_TOOLS)) $(BUILD) install -trimpath github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	@mv $(CI_TOOLS)/actionlint $@
