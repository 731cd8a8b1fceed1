/*
 * The URL interface: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_URLAPI_H
#define CURLINC_URLAPI_H

#include "curl.h"

#endif /* CURLINC_URLAPI_H */
