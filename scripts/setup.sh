#!/bin/sh
# Installs what the tests need beyond Node: C compilers with their sanitizers, the linker for WebAssembly, the compiler
# for Cortex-M with make and CMake, the emulator QEMU, and the flashing tools that ours is compared with.
# For Debian and its relatives; does nothing where everything is there.
set -eu

# gcc and g++ bring the address and undefined behaviour sanitizers along; those of clang are libclang-rt.
packages="gcc g++ libc6-dev clang lld make cmake gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm stm32flash openocd stlink-tools"
tools="g++ wasm-ld make cmake arm-none-eabi-gcc qemu-system-arm stm32flash openocd st-flash"
complete() {
  works gcc && works clang || return 1
  for tool in $tools; do command -v "$tool" >/dev/null || return 1; done
}
works() {
  printf 'int main(void) { return 0; }\n' >"$folder/a.c"
  "$1" -fsanitize=address,undefined "$folder/a.c" -o "$folder/a" 2>/dev/null && "$folder/a"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if complete; then
  echo "setup: gcc, clang, their sanitizers and $tools are there"
  exit 0
fi

run=""
if [ "$(id -u)" -ne 0 ]; then run="sudo"; fi
$run apt-get update
# The sanitizers of clang stand in a package of its version: 14 in Debian 12.
version=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $run apt-get install -y --no-install-recommends $packages "libclang-rt-$version-dev"
complete
echo "setup: installed"
