import { EVENT_SCENARIOS } from './event-scenarios';
import { testScenarios } from './scenario';

testScenarios(EVENT_SCENARIOS);
