#!/bin/sh
# Make sure that strace is there: the tests of `make test-faults` inject failing system calls with it.
# It is installed where this user may install system packages; else one line says why not.
set -eu

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install() {
	as_root apt-get install --yes --no-install-recommends strace && return
	as_root apt-get update && as_root apt-get install --yes --no-install-recommends strace
}

command -v strace >/dev/null && exit 0
log=$(install 2>&1) && command -v strace >/dev/null && exit 0
echo "make test-faults needs strace, which cannot be installed here (${log##*
}): install the system package 'strace'" >&2
exit 1
