# The standalone program for Linux, with the libraries that it needs, without a shell, as a user without rights.
#
#   npm run package -- linux-x64
#   docker build --file Dockerfile --tag edge-upload dist.standalone
#
# For arm64: --platform linux/arm64 --build-arg ARCH=arm64. The base images have no digest here: whoever publishes an image
# pins the ones of that day.

FROM debian:trixie-slim AS libraries
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 \
  && cp --dereference /usr/lib/*-linux-gnu/libatomic.so.1 /

FROM gcr.io/distroless/cc-debian13:nonroot
ARG ARCH=x64
COPY --from=libraries /libatomic.so.1 /usr/lib/
COPY edge-upload-*-linux-${ARCH}/edge-upload /edge-upload
USER 65532:65532
ENTRYPOINT ["/edge-upload"]
