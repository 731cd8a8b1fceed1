/* The commands for the WebSocket calls. */
#ifndef WSCURL_CTESTS_DRIVER_WS_H
#define WSCURL_CTESTS_DRIVER_WS_H

#include "driver_core.h"

extern const struct command ws_commands[];

#endif
