/*
 * The header API: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_HEADER_H
#define CURLINC_HEADER_H

#include "curl.h"

#endif /* CURLINC_HEADER_H */
