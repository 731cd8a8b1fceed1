/* The commands that change the process around the library: children, exits, limits, closed descriptors. */
#ifndef WSCURL_CTESTS_DRIVER_PROCESS_H
#define WSCURL_CTESTS_DRIVER_PROCESS_H

#include "driver_core.h"

extern const struct command process_commands[];

#endif
