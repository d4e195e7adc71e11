# What tests take from a registry, of Debian's packages, for machines that reach none: each as the official image is, as far as they are
# concerned. Built by stand-ins.ts.

FROM debian:bookworm-slim AS programs
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends busybox-static redis-server >/dev/null \
  && rm -rf /var/lib/apt/lists/*
LABEL stand-in=local

FROM programs AS redis
# In a container there is no other machine to be protected from.
RUN printf '#!/bin/sh\n[ "$1" != redis-server ] || { shift && set -- redis-server --protected-mode no "$@"; }\nexec "$@"\n' >/usr/local/bin/docker-entrypoint.sh \
  && chmod +x /usr/local/bin/docker-entrypoint.sh
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]

# One program, and no C library, shell or anything else.
FROM scratch AS bare
COPY --from=programs /bin/busybox /bin/busybox
LABEL stand-in=local
