#!/bin/sh
# Stands in for vizion-pipeline: does what the pipeline's text says, as a script.
for text; do :; done
eval "$text"
