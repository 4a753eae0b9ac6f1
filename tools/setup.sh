#!/bin/sh
# Installs what building and testing need and is not there yet. Usage: tools/setup.sh [fuzz|bench|e2e]
# Debian packages come through apt-get, the CLIP vocabulary through tools/fetch_vocabulary.sh. Whether a thing is there
# is asked of the system each time (0.1 s), so there is no stamp that could be wrong.
# Why each package is needed stands in docs/dependencies.md.
set -eu
cd "$(dirname "$0")/.."

packages="make g++ cmake ninja-build ccache
libtorch-dev libopenblas0-openmp libhwy-dev libfmt-dev nlohmann-json3-dev libcli11-dev libpng-dev libjpeg-dev libwebp-dev libfreetype-dev fonts-dejavu-core libtomlplusplus-dev
libutf8proc-dev libssl-dev zlib1g-dev libsqlite3-dev libcpp-httplib-dev
libgtest-dev libsimde-dev clang-format"
# Node.js from elsewhere is as good as Debian's.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"
[ "${1:-}" != bench ] || packages="$packages libbenchmark-dev libdnnl-dev"
# A browser of any kind is as good as Debian's.
if [ "${1:-}" = e2e ] && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then packages="$packages chromium"; fi
[ "${1:-}" != fuzz ] || packages="$packages clang libclang-rt-dev"

if command -v dpkg-query >/dev/null; then
  missing=
  for package in $packages; do
    case "$(dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null)" in
      *"install ok installed"*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
      if ! command -v sudo >/dev/null; then
        echo "set-up: these packages are missing and installing them needs root, but you are $(id -un) and there is no sudo:" >&2
        echo "set-up: run as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
      fi
      as_root=sudo
    fi
    mkdir -p build
    log=build/apt.log
    echo "set-up: installing$missing (details: $log)"
    apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300"
    # Old package lists may still serve, so a failed update is not the end; a failed install is.
    $as_root $apt update </dev/null >"$log" 2>&1 || echo "set-up: could not refresh the package lists; trying with those that are here" >&2
    if ! $as_root $apt install -y --no-install-recommends $missing </dev/null >>"$log" 2>&1; then
      tail -n 20 "$log" >&2
      echo "set-up: apt-get could not install$missing; its last lines stand above (is this Debian 12, is there a network?)" >&2
      exit 1
    fi
  fi
else
  # Not Debian: say what is needed and go on; CMake names whatever is really missing.
  echo "set-up: no dpkg here, so nothing was installed; on Debian the packages are called:" $packages >&2
fi

# Does nothing when the right file is there.
tools/fetch_vocabulary.sh
# The same for the web page.
tools/build_web.sh
