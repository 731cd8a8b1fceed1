/*
 * The multi interface: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_MULTI_H
#define CURLINC_MULTI_H

#include "curl.h"

#endif /* CURLINC_MULTI_H */
