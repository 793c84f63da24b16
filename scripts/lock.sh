#!/bin/sh
# Renews the Python lock files from pyproject.toml: exact versions with hashes, no registry host.
set -eu
cd "$(dirname "$0")/.."
lock() {
    out=$1
    shift
    uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate --quiet -o "$out"
}
lock requirements.lock --group build
lock requirements-dev.lock --group build --group dev
uv pip compile --group node --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --quiet -o requirements-node.lock
