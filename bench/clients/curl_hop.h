#ifndef BENCH_CURL_HOP_H
#define BENCH_CURL_HOP_H

#include "job.h"

/* Echoes on many connections, one after the other. */
void run_hop(const struct job *job);

#endif
