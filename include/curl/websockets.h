/*
 * The WebSocket functions: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_WEBSOCKETS_H
#define CURLINC_WEBSOCKETS_H

#include "curl.h"

#endif /* CURLINC_WEBSOCKETS_H */
