/* What every work of the curl client needs. */
#ifndef BENCH_CURL_COMMON_H
#define BENCH_CURL_COMMON_H

#include "job.h"
#include <curl/curl.h>

/* A handle with the URL of the job and the certificate to trust. */
CURL *curl_handle(const struct job *job);

/* Ends the program if the code is not CURLE_OK. */
void curl_check(const char *what, CURLcode code);

/* Sends a whole message on a CONNECT_ONLY handle, and waits where the socket has no room. */
void send_message(CURL *curl, curl_socket_t fd, const struct job *job, const char *message);

/* Receives `count` messages on a CONNECT_ONLY handle. */
void receive_messages(CURL *curl, curl_socket_t fd, char *buffer, size_t size, long count);

#endif
