#!/bin/sh
# Makes the keys of the sample fleet on its first start, one root for each cluster, and puts into each folder what its holder needs and no
# more. Each folder is a volume of its own. Runs again at every start, and changes nothing that is there.
set -eu
umask 077
# They are there where each is a volume, and not where all are one folder, as for a swarm.
for holder in roots daemon answer web client gate watcher redis; do mkdir -p /keys/$holder; done

made() { [ -s "$1" ]; }
# Written beside and moved, so that a start that was broken off leaves no half file.
put() { chmod 400 "$1.new" && mv "$1.new" "$1"; }

derive() { rollcall key derive "$1" --from "$2"; }

for cluster in answer web classic nginx redis; do
  root=/keys/roots/$cluster
  made $root && continue
  rollcall key new $cluster >$root.new
  # Daemons check who answers for what, and let those read the roll who may call.
  {
    ! made /keys/daemon/keyring || cat /keys/daemon/keyring
    derive roll $root.new
    derive call $root.new
  } >/keys/daemon/keyring.new
  put /keys/daemon/keyring
  put $root
done

# Members hold the root of their cluster.
for cluster in answer web; do
  made /keys/$cluster/keyring || { cp /keys/roots/$cluster /keys/$cluster/keyring.new && put /keys/$cluster/keyring; }
done
# The client calls; it can put nothing on the roll.
made /keys/client/keyring || {
  for cluster in answer web; do derive call /keys/roots/$cluster; done >/keys/client/keyring.new
  put /keys/client/keyring
}
# Who answers for a program that cannot, answers for that one and for nobody else.
speaker() {
  made /keys/$1/keyring || { derive roll:$2 /keys/roots/$2 >/keys/$1/keyring.new && put /keys/$1/keyring; }
}
speaker gate classic
speaker watcher nginx
speaker redis redis
