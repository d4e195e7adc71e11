#!/bin/sh
# assemble.sh FOLDER: puts the agent together there, with all that it runs on: Node, the libraries of C that Node loads, and tini for PID 1.
# It needs nothing of the image that it is copied into, but has to be at FOLDER there. Takes the file that `npm run build:agent` made.
set -eu
folder=$1
mkdir -p "$folder/lib"
install -m 755 dist/agent/agent "$folder/agent"
# Whatever the other image has at its root.
echo '{ "type": "commonjs" }' >"$folder/package.json"
install -m 755 "$(command -v tini-static)" "$folder/tini"
node=$(command -v node)
# Debugging symbols are not needed to run.
strip -o "$folder/node" "$node"
ldd "$node" | sed -n 's|.*=> \(/[^ ]*\) .*|\1|p' | while read -r library; do cp -L "$library" "$folder/lib/"; done
# Whatever C library the other image has, or none: Node is started by its own.
loader=$(patchelf --print-interpreter "$node")
cp -L "$loader" "$folder/lib/"
patchelf --set-interpreter "$folder/lib/${loader##*/}" --force-rpath --set-rpath "$folder/lib" "$folder/node"
[ "$(env -i "$folder/node" --print 'process.version')" = "$("$node" --print 'process.version')" ]
