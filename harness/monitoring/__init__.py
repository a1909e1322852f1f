"""Watch a training as it goes, in every arm: ``twinbench watch``.

Every arm trains an epoch in its turn and tells how it stands; one writer makes of it what TensorBoard shows, a CSV file
and a live table. Nothing of it is in the way of a run: what is raced and recorded is never watched. What a run has
recorded is written for TensorBoard under the same tags.
"""
