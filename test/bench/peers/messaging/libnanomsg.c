/* libnanomsg in C: PUSH to PULL over tcp, as its own performance tools send and receive. */

#include "end.h"
#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <nanomsg/tcp.h>

static int pull = -1, push = -1;
static void *received;

static int open_socket(int protocol) {
  int socket = nn_socket(AF_SP, protocol), yes = 1, any = -1;
  if (socket < 0) fail("nn_socket", nn_strerror(nn_errno()));
  nn_setsockopt(socket, NN_TCP, NN_TCP_NODELAY, &yes, sizeof yes);
  nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &any, sizeof any);
  return socket;
}

static void listen_at(const char *address) {
  pull = open_socket(NN_PULL);
  if (nn_bind(pull, address) < 0) fail(address, nn_strerror(nn_errno()));
}

static void dial_to(const char *address) {
  push = open_socket(NN_PUSH);
  if (nn_connect(push, address) < 0) fail(address, nn_strerror(nn_errno()));
}

static void send_message(const void *body, size_t bytes) {
  if (nn_send(push, body, bytes, 0) < 0) fail("nn_send", nn_strerror(nn_errno()));
}

static const void *receive_message(void) {
  if (nn_recv(pull, &received, NN_MSG, 0) < 0) fail("nn_recv", nn_strerror(nn_errno()));
  return received;
}

static void release_message(void) { nn_freemsg(received); }
