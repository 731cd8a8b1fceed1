/* The driver's commands for URL handles. */
#ifndef WSCURL_CTESTS_DRIVER_URL_H
#define WSCURL_CTESTS_DRIVER_URL_H

#include "driver_core.h"

extern const struct command url_commands[];

#endif
