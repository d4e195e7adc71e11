/* libnanomsg in C over tcp: PUSH to PULL, PUB to SUB, REQ to REP, as its own performance tools send and receive. A REQ socket has one request
   under way, so there is one socket for each. With NN_TCP_NODELAY each message is a write and a packet, which costs three quarters of the throughput; without (its
   default) one at a rate waits for the acknowledgement of the one before: a sender has a socket of each kind. */

#include "end.h"
#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>
#include <stdint.h>

static const int protocols[] = {
    [RECEIVER] = NN_PULL, [PUBLISHER] = NN_PUB, [REPLIER] = NN_REP, [SENDER] = NN_PUSH, [SUBSCRIBER] = NN_SUB, [REQUESTER] = NN_REQ};

static void check(int result, const char *what) {
  if (result < 0) fail(what, nn_strerror(nn_errno()));
}

static int paced_sender;

static int open_as(enum role role, const char *address, int leaves_at_once) {
  int socket = nn_socket(AF_SP, protocols[role]), any = -1;
  check(socket, "nn_socket");
  check(nn_setsockopt(socket, NN_TCP, NN_TCP_NODELAY, &leaves_at_once, sizeof leaves_at_once), "NN_TCP_NODELAY");
  check(nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &any, sizeof any), "NN_RCVMAXSIZE");
  if (role == SUBSCRIBER) check(nn_setsockopt(socket, NN_SUB, NN_SUB_SUBSCRIBE, "", 0), "NN_SUB_SUBSCRIBE");
  check(LISTENS(role) ? nn_bind(socket, address) : nn_connect(socket, address), address);
  return socket;
}

static int open_socket(enum role role, const char *address) {
  if (role == SENDER) paced_sender = open_as(role, address, 1);
  return open_as(role, address, role != SENDER && role != PUBLISHER);
}

static void send_message(int socket, const void *body, size_t bytes, int is_paced) {
  check(nn_send(is_paced ? paced_sender : socket, body, bytes, 0), "nn_send");
}

static void *receive_message(int socket) {
  void *message;
  check(nn_recv(socket, &message, NN_MSG, 0), "nn_recv");
  return message;
}

static const void *body_of(void *message) { return message; }

static void release_message(void *message) { nn_freemsg(message); }

static void *echo_on(void *argument) {
  int socket = (int)(intptr_t)argument;
  for (;;) {
    void *message = receive_message(socket);
    check(nn_send(socket, &message, NN_MSG, 0), "nn_send");
  }
  return NULL;
}

static void echo(int socket) {
  pthread_t thread;
  pthread_create(&thread, NULL, echo_on, (void *)(intptr_t)socket);
}
