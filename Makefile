# Every target is one verb of local/linli.py; `make help` lists them.
VERBS := run day stop reset logs token device id clock test status lock lint validate sam-build help

.DEFAULT_GOAL := help
.PHONY: $(VERBS)

$(VERBS):
	@sh local/linli.sh $@
