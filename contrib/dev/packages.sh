# shellcheck shell=bash
# What the scripts of this project need on Debian, and how they install it.
# Sourced by contrib/quickstart and contrib/test.

# To build the daemon, and to run the quickstart.
packages_build=(
	build-essential cmake ninja-build pkg-config python3 ca-certificates openssl
	libevent-dev libcurl4-openssl-dev libjansson-dev libfyaml-dev libsqlite3-dev libssl-dev
	libesmtp-dev libyajl-dev tzdata
)

# To run every test as well.
packages_test=(
	clang clang-format libcmocka-dev postgresql-15 valgrind mandoc shellcheck
	postfix libsasl2-modules sasl2-bin
)

# For what comes from npm, where there is no npm yet.
packages_node=(nodejs npm)

# For contrib/bench.
packages_bench=(nginx-light prometheus-alertmanager python3-pystache jq)

# install_for build|test|node|bench...: asks apt only for what is not there.
install_for() {
	local missing=() root=() purpose package
	for purpose; do
		local -n packages=packages_$purpose
		for package in "${packages[@]}"; do
			dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
				missing+=("$package")
		done
	done
	((${#missing[@]})) || return 0
	((EUID == 0)) || root=(sudo)
	echo "installing: ${missing[*]}"
	"${root[@]}" apt-get update -qq
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
