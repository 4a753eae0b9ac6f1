# The front door: every goal does the set-up it needs and is quick the second time. The build itself is CMake's
# (CMakePresets.json); `cmake --preset dev` and friends work without this file once `make setup` has run.

JOBS ?= $(shell nproc)
SECONDS ?= 60
# Warnings are errors in CI, never in a user's build.
WERROR := $(if $(CI),ON,OFF)
STAGE := tools/stage.sh

.PHONY: help demo test build setup configure check tools-test fuzz bench format clean
.NOTPARALLEL:

help:
	@echo "make demo              set up, build, make a first picture: red_apple.png"
	@echo "make test              set up, check, build, run all tests"
	@echo "make build             set up, build the program: build/darkroom"
	@echo "make setup             install missing Debian packages, fetch the CLIP vocabulary"
	@echo "make check             format, include table, sizes, twins, words, documents"
	@echo "make fuzz SECONDS=60   run each fuzz target that long"
	@echo "make bench             how fast this machine is, and how fast it could be"
	@echo "make format            clang-format all C++"
	@echo "make clean             remove build/"

demo: build
	@build/darkroom generate "a red apple, noto style, on a white background" --seed 1 -o red_apple.png
	@echo "The picture is $(CURDIR)/red_apple.png"

# Cheapest first, so that what is wrong shows soon; the tests last, so that their summary closes the output.
test:
	@$(STAGE) "set-up" tools/setup.sh e2e
	@$(STAGE) "checks" $(MAKE) --no-print-directory check
	@$(STAGE) "tests of the tools" $(MAKE) --no-print-directory tools-test
	@$(STAGE) "build" $(MAKE) --no-print-directory build-all
	@$(STAGE) "tests" ctest --preset release --no-tests=error

build: setup configure
	@cmake --build build --target darkroom -j$(JOBS)

.PHONY: build-all
build-all: configure
	@cmake --build build -j$(JOBS)

setup:
	@tools/setup.sh

configure:
	@cmake --preset release -DDARKROOM_WERROR=$(WERROR) --log-level=WARNING >/dev/null

check:
	@node tools/checks/run.mjs

tools-test:
	@tools/run_tests.sh

.PHONY: bench-build
bench-build:
	@tools/setup.sh bench
	@cmake --preset release -DDARKROOM_BENCH=ON -DDARKROOM_WERROR=$(WERROR) --log-level=WARNING >/dev/null
	@cmake --build build --target darkroom sampling_bench onednn_bench kernels_bench -j$(JOBS)

fuzz:
	@tools/setup.sh fuzz
	@fuzz/run.sh $(SECONDS)

bench: bench-build
	@build/darkroom bench
	@build/bench/sampling_bench
	@build/bench/onednn_bench
	@build/bench/kernels_bench

format:
	@find src tests bench fuzz tools \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 clang-format -i

clean:
	rm -rf build
