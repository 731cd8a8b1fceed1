/* The client of both libcurls: one source, compiled twice. */
#ifndef BENCH_CURL_H
#define BENCH_CURL_H

#include "job.h"
#include <curl/curl.h>

/* A handle with what all works need: the URL, and how to trust the server. */
CURL *curl_handle(const struct job *job);

/* Ends the program if the code is not CURLE_OK. */
void curl_check(const char *what, CURLcode code);

/* Sends a whole message on a CONNECT_ONLY handle, and waits where the socket has no room. */
void send_message(CURL *curl, curl_socket_t fd, const struct job *job, const char *message);

/* Receives so many messages on a CONNECT_ONLY handle. */
void receive_messages(CURL *curl, curl_socket_t fd, char *buffer, size_t size, long count);

void run_connect_only(const struct job *job);  /* curl_connect_only.c */
void run_callbacks(const struct job *job);     /* curl_callbacks.c */
void run_hop(const struct job *job);           /* curl_hop.c */
void run_connect(const struct job *job);       /* curl.c */

#endif
