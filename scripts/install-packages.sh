#!/bin/sh
# Installs the Debian packages that building (and, with `test`, testing; with `bench`, measuring; with `perf`, counting instructions; with `window`, a Thunderbird) needs and that are missing.
#   scripts/install-packages.sh [build|test|bench|perf|window]
# SKIP_INSTALL=1 only lists them. Asks before it uses sudo.
set -eu
cd "$(dirname "$0")/.."
what=${1:-build}

provided() { # a package that another installation already provides under the same command
	case $1 in
	nodejs) command -v node ;;
	npm) command -v npm ;;
	*) return 1 ;;
	esac >/dev/null 2>&1
}

missing=
while read -r when name _; do
	case $when in '#'*|'') continue ;; esac
	[ "$when" = build ] || [ "$when" = "$what" ] || continue
	dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || provided "$name" || missing="$missing $name"
done <scripts/packages.txt
[ -n "$missing" ] || exit 0

echo "Packages that are missing:$missing"
if [ "${SKIP_INSTALL:-}" = 1 ]; then
	echo "SKIP_INSTALL=1: not installed. To install them: apt-get install$missing"
	exit 0
fi
if ! command -v apt-get >/dev/null; then
	echo "barid: this is not Debian or a relative of it: install what corresponds to these packages, then set SKIP_INSTALL=1" >&2
	exit 69
fi
as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "barid: root is needed to install them: run 'apt-get install$missing' as root, then try again" >&2
		exit 77
	fi
	printf 'Install them with sudo? [Y/n] '
	read -r answer || answer=n
	case $answer in [nN]*) echo "Nothing installed." >&2; exit 77 ;; esac
	as_root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >/dev/null || echo "barid: the package lists could not be refreshed: trying with the old ones" >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
