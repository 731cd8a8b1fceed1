/* The commands for what only wscurl has. */
#ifndef WSCURL_CTESTS_DRIVER_ENDPOINT_H
#define WSCURL_CTESTS_DRIVER_ENDPOINT_H

#include "driver_core.h"

extern const struct command endpoint_commands[];

#endif
