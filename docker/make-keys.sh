#!/bin/sh
# Makes the keys of the sample fleet on its first start, one root for each cluster, and puts into each folder what its holder needs and no
# more. Each folder is a volume of its own. Runs again at every start, and changes nothing that is there.
set -eu
umask 077

made() { [ -s "$1" ]; }
# Written beside and moved, so that a start that was broken off leaves no half file.
put() { chmod 400 "$1.new" && mv "$1.new" "$1"; }

for cluster in answer web classic; do
  made /keys/roots/$cluster || { rollcall key new $cluster >/keys/roots/$cluster.new && put /keys/roots/$cluster; }
done
derive() { rollcall key derive "$1" --from "/keys/roots/$2"; }

# Members hold the root of their cluster.
for cluster in answer web; do
  made /keys/$cluster/keyring || { cp /keys/roots/$cluster /keys/$cluster/keyring.new && put /keys/$cluster/keyring; }
done
# Daemons check who answers for what, and let those read the roll who may call.
made /keys/daemon/keyring || {
  for cluster in answer web classic; do
    derive roll $cluster
    derive call $cluster
  done >/keys/daemon/keyring.new
  put /keys/daemon/keyring
}
# The client calls; it can put nothing on the roll.
made /keys/client/keyring || {
  for cluster in answer web; do derive call $cluster; done >/keys/client/keyring.new
  put /keys/client/keyring
}
# The gate answers for classic, and for nobody else.
made /keys/gate/keyring || { derive roll:classic classic >/keys/gate/keyring.new && put /keys/gate/keyring; }
